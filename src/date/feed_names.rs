//! Names in the dates of feeds: months as many languages shorten them, zones as North America and old mail name them.

use super::names;

/// The month a word means, from 1; the word is lower case.
///
/// A name that is known whole decides; feeds also shorten and inflect names in their own ways, so that the beginning decides
/// where none is.
pub(super) fn month(word: &str) -> Option<i64> {
    if let Some(month) = names::month(word, None) {
        return Some(i64::from(month));
    }
    let begins = |starts: &&[&str]| starts.iter().any(|start| word.starts_with(start));
    STARTS.iter().zip(1..).find(|(starts, _)| begins(starts)).map(|(_, month)| month)
}

/// English, German, Dutch, Nordic, Spanish, Portuguese, Italian, French, Polish, Hungarian, Turkish, Greek, Russian,
/// Ukrainian, Belarusian.
#[rustfmt::skip]
const STARTS: [&[&str]; 12] = [
    &["jan", "jän", "ene", "gen", "sty", "oca", "ιαν", "янв", "січ", "сту"],
    &["feb", "fév", "fev", "lut", "şub", "φεβ", "фев", "лют"],
    &["mar", "mär", "mrz", "mrt", "már", "μαρ", "μάρ", "мар", "бер", "сак"],
    &["apr", "abr", "avr", "ápr", "kwi", "nis", "απρ", "апр", "кві", "крас"],
    &["may", "mai", "maj", "mei", "mag", "máj", "μάι", "μάϊ", "μαι", "μαϊ", "май", "мая", "трав"],
    &["jun", "jún", "juin", "giu", "cze", "haz", "ιούν", "ιουν", "ιον", "июн", "чер", "чэр"],
    &["jul", "júl", "juil", "lug", "lip", "tem", "ιούλ", "ιουλ", "ιολ", "июл", "лип", "ліп"],
    &["aug", "ago", "aoû", "aou", "sie", "ağu", "αύγ", "αυγ", "авг", "сер", "жні"],
    &["sep", "set", "szep", "wrz", "eyl", "σεπ", "сен", "вер"],
    &["oct", "okt", "out", "ott", "paź", "eki", "οκτ", "окт", "жов", "кас"],
    &["nov", "lis", "kas", "νοέ", "νοε", "ноя", "лис", "ліс"],
    &["dec", "dez", "des", "dic", "déc", "gru", "ara", "δεκ", "дек", "гру", "сне", "сьн"],
];

/// Seconds east of UTC of a zone's name in lower case; what many zones are called counts as in North America, as RFC 822
/// §5.1 has it.
pub(super) fn zone(name: &str) -> Option<i64> {
    let name = name.strip_prefix("etc/").unwrap_or(name);
    let hours = ZONES.iter().find(|(known, _)| *known == name).map(|(_, hours)| *hours)?;
    Some(hours * 1800)
}

/// In half hours. Of the military letters only the four that RFC 822 spells out; RFC 5322 §4.3 takes the others for UTC, for
/// RFC 822 had their sign wrong.
#[rustfmt::skip]
const ZONES: &[(&str, i64)] = &[
    ("z", 0), ("ut", 0), ("utc", 0), ("gmt", 0), ("wet", 0), ("a", -2), ("n", 2), ("m", -24), ("y", 24),
    ("ndt", -5), ("nst", -7), ("adt", -6), ("ast", -8), ("at", -8), ("edt", -8), ("est", -10), ("et", -10),
    ("cdt", -10), ("cst", -12), ("ct", -12), ("mdt", -12), ("mst", -14), ("mt", -14), ("pdt", -14), ("pst", -16),
    ("pt", -16), ("akdt", -16), ("akst", -18), ("hst", -20), ("bst", 2), ("west", 2), ("cet", 2), ("met", 2),
    ("mez", 2), ("cest", 4), ("mest", 4), ("mesz", 4), ("eet", 4), ("eest", 6), ("msk", 6), ("msd", 8), ("jst", 18),
    ("kst", 18), ("aest", 20), ("aedt", 22), ("acst", 19), ("awst", 16), ("nzst", 24), ("nzdt", 26), ("sgt", 16), ("hkt", 16),
    ("wib", 14), ("ict", 14), ("pkt", 10), ("trt", 6), ("sast", 4), ("eat", 6), ("wat", 2), ("brt", -6), ("art", -6),
];
