//! Places on the globe.

use serde::{Deserialize, Serialize};

/// Where something is or happened. `GeoRSS`, W3C Basic Geo, `podcast:location`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// Its name. `georss:featurename`, the text of `podcast:location`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A point: the place itself, or the middle of its shape. `georss:point`, `geo:lat` and `geo:long`, `gml:Point`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub point: Option<Point>,
    /// Its shape, where it is more than a point. `georss:line`, `georss:polygon`, `georss:box`, and the same in GML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shape: Option<Shape>,
}

/// A point in degrees of WGS 84, to seven decimals: about a centimetre.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// −90 to 90, north is positive.
    pub latitude: f64,
    /// −180 to 180, east is positive.
    pub longitude: f64,
}

/// A place that is more than a point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// What its points make.
    pub kind: ShapeKind,
    /// The points in order: of a box its south-western and north-eastern corner.
    pub points: Vec<Point>,
}

/// What the points of a [`Shape`] make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ShapeKind {
    /// A way.
    Line,
    /// An area, by its border.
    Polygon,
    /// An area between two corners.
    Box,
}

impl ShapeKind {
    /// Its name in `GeoRSS`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Polygon => "polygon",
            Self::Box => "box",
        }
    }
}
