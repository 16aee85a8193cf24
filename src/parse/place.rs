//! Places: `GeoRSS` in its simple form and in GML, and W3C Basic Geo.
//!
//! Follows <https://docs.ogc.org/cs/17-002r1/17-002r1.html> and <https://www.w3.org/2003/01/geo/>. Elevations, floors, radii and
//! kinds of features are left out, and so is what is told in a reference system other than WGS 84.

use crate::model::{Place, Point, Shape, ShapeKind};

use super::construct;
use super::head::first;
use super::namespaces::Space;
use super::reader::Reader;
use super::tokens::Tag;
use super::walker::Step;

/// Points of a shape that are kept.
const MAX_POINTS: usize = 1_000;

/// Half of a point that is still without its other half.
const MISSING: f64 = f64::NAN;

/// In which order a point has its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    LatitudeFirst,
    LongitudeFirst,
}

impl Order {
    /// That of a reference system; `None` for one whose numbers are no degrees of WGS 84.
    fn of(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_uppercase();
        let ends_in = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
        if ends_in(&["CRS84", "CRS:84"]) {
            return Some(Self::LongitudeFirst);
        }
        ends_in(&["4326", "4979", "WGS84", "WGS 84"]).then_some(Self::LatitudeFirst)
    }
}

impl<'a> Reader<'a> {
    /// Takes in an element about a place.
    pub(super) fn place(&mut self, tag: &Tag<'a>, slot: &mut Option<Box<Place>>) {
        let (space, local) = self.walker.resolve(tag);
        match (space, local.to_ascii_lowercase().as_str()) {
            (Space::GeoRss, "point") | (Space::Gml, "pos") | (Space::Geo, "lat_long") => {
                let points = self.points();
                take_point(slot, points.first().copied());
            }
            (Space::GeoRss, "line") => take_shape(slot, ShapeKind::Line, self.points()),
            (Space::GeoRss, "polygon") => take_shape(slot, ShapeKind::Polygon, self.points()),
            (Space::GeoRss, "box") => take_shape(slot, ShapeKind::Box, self.points()),
            (Space::GeoRss, "where") => self.geometry(slot),
            (Space::GeoRss, "featurename") => {
                if let Some(name) = construct::filled(&mut self.walker) {
                    first(&mut slot.get_or_insert_default().name, Some(name));
                }
            }
            (Space::Geo, "lat" | "latitude") => {
                let degrees = self.degrees();
                half(slot, degrees, |point| &mut point.latitude);
            }
            (Space::Geo, "long" | "lon" | "longitude") => {
                let degrees = self.degrees();
                half(slot, degrees, |point| &mut point.longitude);
            }
            // What is around them, `geo:Point` and the like: what is inside counts as if it stood outside.
            _ => {}
        }
    }

    /// GML: what its numbers make is told by the elements around them, and how many make a point by `srsDimension`.
    fn geometry(&mut self, slot: &mut Option<Box<Place>>) {
        let depth = self.walker.depth();
        let (mut kind, mut numbers) = (None, Vec::new());
        let (mut dimensions, mut order) = (2, Some(Order::LatitudeFirst));
        while let Some(step) = self.walker.next() {
            match step {
                Step::Start(tag) => {
                    let (_, local) = self.walker.resolve(&tag);
                    if let Some(name) = self.walker.attribute(&tag, "srsName") {
                        order = Order::of(&name);
                    }
                    let told = self.walker.attribute(&tag, "srsDimension").and_then(|told| told.parse().ok());
                    dimensions = told.unwrap_or(dimensions);
                    match local.to_ascii_lowercase().as_str() {
                        "linestring" => kind = Some(ShapeKind::Line),
                        "polygon" => kind = Some(ShapeKind::Polygon),
                        "envelope" => kind = Some(ShapeKind::Box),
                        "pos" | "lowercorner" | "uppercorner" => numbers.extend(self.numbers().into_iter().take(2)),
                        "poslist" => {
                            let list = self.numbers();
                            // A height says nothing here.
                            numbers.extend(list.chunks(dimensions.max(2)).flat_map(|point| point.iter().take(2)));
                        }
                        _ => {}
                    }
                }
                Step::End if self.walker.depth() < depth => break,
                Step::End | Step::Text(_) => {}
            }
        }
        let Some(order) = order else { return };
        let points = pairs(&numbers, order);
        match kind {
            Some(kind) => take_shape(slot, kind, points),
            None => take_point(slot, points.first().copied()),
        }
    }

    /// The text of this element as points, latitude first, separated by spaces or commas.
    fn points(&mut self) -> Vec<Point> {
        pairs(&self.numbers(), Order::LatitudeFirst)
    }

    /// The text of this element as numbers; none where it holds something else.
    fn numbers(&mut self) -> Vec<f64> {
        let text = construct::value(&mut self.walker);
        let numbers = text.split(|c: char| c.is_whitespace() || c == ',').filter(|number| !number.is_empty());
        let numbers: Option<Vec<f64>> = numbers.take(3 * MAX_POINTS).map(degrees).collect();
        numbers.unwrap_or_default()
    }

    fn degrees(&mut self) -> Option<f64> {
        degrees(&construct::filled(&mut self.walker)?)
    }
}

fn pairs(numbers: &[f64], order: Order) -> Vec<Point> {
    let (pairs, _) = numbers.as_chunks::<2>();
    let point = |[one, other]: &[f64; 2]| match order {
        Order::LatitudeFirst => Point { latitude: *one, longitude: *other },
        Order::LongitudeFirst => Point { latitude: *other, longitude: *one },
    };
    pairs.iter().map(point).collect()
}

/// A number of degrees. Cut to what a point on the ground needs, so that every store gives back the very number.
fn degrees(text: &str) -> Option<f64> {
    text.trim().parse().ok().map(to_the_centimetre)
}

fn to_the_centimetre(degrees: f64) -> f64 {
    (degrees * 1e7).round() / 1e7
}

/// `geo:37.78,-122.4` (RFC 5870), as `podcast:location/@geo` has it.
pub(super) fn from_uri(text: &str) -> Option<Point> {
    let rest = text.trim().strip_prefix("geo:")?;
    let (latitude, rest) = rest.split_once(',')?;
    let longitude = rest.split([',', ';']).next()?;
    let point = Point { latitude: degrees(latitude)?, longitude: degrees(longitude)? };
    Some(point).filter(is_on_earth)
}

/// Leaves out half a point, and a place of which nothing is left.
pub(super) fn settle(slot: &mut Option<Box<Place>>) {
    if let Some(place) = slot {
        place.point = place.point.filter(is_on_earth);
        if **place == Place::default() {
            *slot = None;
        }
    }
}

fn is_on_earth(point: &Point) -> bool {
    point.latitude.abs() <= 90.0 && point.longitude.abs() <= 180.0
}

fn take_point(slot: &mut Option<Box<Place>>, point: Option<Point>) {
    if let Some(point) = point.filter(is_on_earth) {
        slot.get_or_insert_default().point = Some(point);
    }
}

fn take_shape(slot: &mut Option<Box<Place>>, kind: ShapeKind, mut points: Vec<Point>) {
    points.truncate(if kind == ShapeKind::Box { 2 } else { MAX_POINTS });
    let enough = if kind == ShapeKind::Polygon { 3 } else { 2 };
    if points.len() < enough || !points.iter().all(is_on_earth) {
        return;
    }
    let middle = |of: fn(&Point) -> f64| {
        let (least, most) = points.iter().map(of).fold((f64::MAX, f64::MIN), |(l, m), x| (l.min(x), m.max(x)));
        to_the_centimetre(f64::midpoint(least, most))
    };
    let middle = Point { latitude: middle(|point| point.latitude), longitude: middle(|point| point.longitude) };
    let place = slot.get_or_insert_default();
    first(&mut place.point, Some(middle));
    place.shape = Some(Shape { kind, points });
}

/// Takes one half of a point; the other one may stand anywhere.
fn half(slot: &mut Option<Box<Place>>, degrees: Option<f64>, which: fn(&mut Point) -> &mut f64) {
    let Some(degrees) = degrees else { return };
    let point = &mut slot.get_or_insert_default().point;
    let point = point.get_or_insert(Point { latitude: MISSING, longitude: MISSING });
    let half = which(point);
    // A point that is there already, from GeoRSS most often, is the same with more digits.
    if half.is_nan() {
        *half = degrees;
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{read, rss_item};
    use super::*;

    fn shown(elements: &str) -> Option<String> {
        let place = rss_item(elements).place?;
        let point = place.point.map(|point| format!("{} {}", point.latitude, point.longitude)).unwrap_or_default();
        let shape = place.shape.map(|shape| format!(" {} of {}", shape.kind.name(), shape.points.len()));
        let name = place.name.map(|name| format!(" {name}"));
        Some(format!("{point}{}{}", shape.unwrap_or_default(), name.unwrap_or_default()))
    }

    #[test]
    fn places_are_read_in_every_vocabulary() {
        let gml = |inside: &str| format!("<georss:where>{inside}</georss:where>");
        let rows = [
            ("<georss:point>45.256 -71.92</georss:point>".to_owned(), "45.256 -71.92"),
            ("<georss:point> 45.256, -71.92 </georss:point>".to_owned(), "45.256 -71.92"),
            ("<geo:lat>45.5</geo:lat><geo:long>-71.5</geo:long>".to_owned(), "45.5 -71.5"),
            ("<geo:Point><geo:long>-71.5</geo:long><geo:lat>45.5</geo:lat></geo:Point>".to_owned(), "45.5 -71.5"),
            ("<georss:line>10 10 20 30</georss:line>".to_owned(), "15 20 line of 2"),
            ("<georss:polygon>0 0 10 0 10 10 0 0</georss:polygon>".to_owned(), "5 5 polygon of 4"),
            ("<georss:box>10 20 30 40</georss:box>".to_owned(), "20 30 box of 2"),
            (gml("<gml:Point><gml:pos>45 -71</gml:pos></gml:Point>"), "45 -71"),
            (gml("<gml:LineString><gml:posList>0 0 2 2 4 4</gml:posList></gml:LineString>"), "2 2 line of 3"),
            (
                gml("<gml:Point srsName='urn:ogc:def:crs:OGC:1.3:CRS84'><gml:pos>-71 45 9</gml:pos></gml:Point>"),
                "45 -71",
            ),
            (
                gml("<gml:LineString srsDimension='3'><gml:posList>0 0 9 2 2 9 4 4 9</gml:posList></gml:LineString>"),
                "2 2 line of 3",
            ),
            (
                gml(
                    "<gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>0 0 4 0 4 4 0 0</gml:posList></gml:LinearRing>\
                     </gml:exterior></gml:Polygon>",
                ),
                "2 2 polygon of 4",
            ),
            (
                gml(
                    "<gml:Envelope><gml:lowerCorner>1 2</gml:lowerCorner><gml:upperCorner>3 4</gml:upperCorner></gml:Envelope>",
                ),
                "2 3 box of 2",
            ),
            (
                "<georss:featurename>The quay</georss:featurename><georss:point>1 2</georss:point>".to_owned(),
                "1 2 The quay",
            ),
            (
                "<podcast:location geo='geo:30.27,97.74;u=9' osm='R1'>Austin</podcast:location>".to_owned(),
                "30.27 97.74 Austin",
            ),
        ];
        for (elements, wanted) in rows {
            assert_eq!(shown(&elements).as_deref(), Some(wanted), "{elements}");
        }
    }

    #[test]
    fn what_is_no_place_is_left_out() {
        let rows = [
            "<georss:point>north of town</georss:point>",
            "<georss:point>45.2</georss:point>",
            "<georss:point>145.2 10</georss:point>",
            "<georss:point>NaN 10</georss:point>",
            "<geo:lat>45.5</geo:lat>",
            "<geo:lat/><geo:long/>",
            "<georss:polygon>0 0 1 1</georss:polygon>",
            "<georss:where/>",
            "<georss:where><gml:Point srsName='EPSG:32635'><gml:pos>36.9 31.1</gml:pos></gml:Point></georss:where>",
        ];
        for elements in rows {
            assert_eq!(shown(elements), None, "{elements}");
        }
    }

    #[test]
    fn a_feed_has_a_place_too() {
        let feed = "<rss xmlns:geo='http://www.w3.org/2003/01/geo/wgs84_pos#'><channel><geo:lat>1</geo:lat>\
                    <item><geo:lat>5</geo:lat><geo:long>6</geo:long></item><geo:long>2</geo:long></channel></rss>";
        let reading = read(feed);
        let point = |place: Option<&Place>| place.and_then(|place| place.point);
        assert_eq!(point(reading.channel.place.as_deref()), Some(Point { latitude: 1.0, longitude: 2.0 }));
        assert_eq!(point(reading.entries[0].place.as_deref()), Some(Point { latitude: 5.0, longitude: 6.0 }));
    }
}
