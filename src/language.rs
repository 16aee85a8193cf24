//! The language of a text: found in the text where there is enough of it, else as the page says.
//!
//! By its commonest words where they are plain, else by comparing it with every language that `whatlang` knows.

mod common;

/// Languages that are mistaken for each other: among these the page is believed.
const ALIKE: [&[&str]; 8] = [
    &["nb", "nn", "no", "da", "sv"],
    &["hr", "sr", "bs", "sl", "sh"],
    &["cs", "sk"],
    &["ru", "uk", "be", "bg", "mk", "sr"],
    &["es", "ca", "gl", "pt"],
    &["id", "ms", "jv"],
    &["hi", "mr", "ne"],
    &["fa", "ur", "ar", "ps"],
];
/// Characters looked at: enough to be sure, and no more.
const LOOK_AT: usize = 500;

/// The language of `text` as a BCP 47 tag; `said` is what the page and others say, the most trusted first.
pub fn find(text: &str, said: &[&str]) -> Option<String> {
    let said: Vec<String> = said.iter().filter_map(|tag| tidy(tag)).collect();
    let sample = text.char_indices().nth(LOOK_AT).map_or(text, |(end, _)| &text[..end]);
    let Some(heard) = heard(sample) else {
        return said.first().cloned();
    };
    // Latin is the filler text of templates, unless the page says it is meant.
    if heard == "la" && !said.iter().any(|tag| tag == "la" || tag.starts_with("la-")) {
        return said.first().cloned();
    }
    let base = |tag: &str| tag.split('-').next().unwrap_or(tag).to_owned();
    let believed = said.iter().find(|tag| {
        let tag = base(tag);
        tag == heard || ALIKE.iter().any(|group| group.contains(&tag.as_str()) && group.contains(&heard))
    });
    Some(believed.cloned().unwrap_or_else(|| heard.to_owned()))
}

/// The language of a sample, where it is plain.
fn heard(sample: &str) -> Option<&'static str> {
    let letters = sample.chars().filter(|c| c.is_alphabetic()).count();
    if letters <= 60 {
        return None;
    }
    // Most texts say it by their commonest words, and comparing with all languages takes thirty times as long.
    let common = if letters > 120 { common::heard(sample) } else { None };
    common.or_else(|| {
        let info = whatlang::detect(sample)?;
        (info.is_reliable() || info.confidence() > 0.6 && letters > 120).then(|| code(info.lang()))
    })
}

/// The English name of a language by its tag, where it is one that texts are told by: `English` for `en-GB`.
#[must_use]
pub fn name(tag: &str) -> Option<&'static str> {
    let primary = tag.split('-').next().unwrap_or_default().to_lowercase();
    whatlang::Lang::all().iter().find(|language| code(**language) == primary).map(|language| language.eng_name())
}

/// A tag in its usual form (`en_us` → `en-US`); `None` for what is no tag.
pub fn tidy(tag: &str) -> Option<String> {
    let tag = tag.trim().replace('_', "-");
    let mut parts = tag.split(['-', '.']);
    let language = parts.next()?.to_lowercase();
    if !(2..=3).contains(&language.len()) || !language.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return None;
    }
    // A script (`zh-Hant`), then a region (`en-GB`, `es-419`); what else a tag may hold says nothing to a reader.
    let mut tidied = language;
    let mut rest = parts.peekable();
    if let Some(script) = rest.next_if(|part| part.len() == 4 && part.bytes().all(|byte| byte.is_ascii_alphabetic())) {
        let (initial, others) = script.split_at(1);
        tidied.push_str(&format!("-{}{}", initial.to_ascii_uppercase(), others.to_ascii_lowercase()));
    }
    let is_region = |part: &&str| {
        part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_alphabetic())
            || part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if let Some(region) = rest.next().filter(is_region) {
        tidied.push_str(&format!("-{}", region.to_ascii_uppercase()));
    }
    Some(tidied)
}

fn code(language: whatlang::Lang) -> &'static str {
    use whatlang::Lang;
    match language {
        Lang::Epo => "eo",
        Lang::Eng => "en",
        Lang::Rus => "ru",
        Lang::Cmn => "zh",
        Lang::Spa => "es",
        Lang::Por => "pt",
        Lang::Ita => "it",
        Lang::Ben => "bn",
        Lang::Fra => "fr",
        Lang::Deu => "de",
        Lang::Ukr => "uk",
        Lang::Kat => "ka",
        Lang::Ara => "ar",
        Lang::Hin => "hi",
        Lang::Jpn => "ja",
        Lang::Heb => "he",
        Lang::Yid => "yi",
        Lang::Pol => "pl",
        Lang::Amh => "am",
        Lang::Jav => "jv",
        Lang::Kor => "ko",
        Lang::Nob => "nb",
        Lang::Dan => "da",
        Lang::Swe => "sv",
        Lang::Fin => "fi",
        Lang::Tur => "tr",
        Lang::Nld => "nl",
        Lang::Hun => "hu",
        Lang::Ces => "cs",
        Lang::Ell => "el",
        Lang::Bul => "bg",
        Lang::Bel => "be",
        Lang::Mar => "mr",
        Lang::Kan => "kn",
        Lang::Ron => "ro",
        Lang::Slv => "sl",
        Lang::Hrv => "hr",
        Lang::Srp => "sr",
        Lang::Mkd => "mk",
        Lang::Lit => "lt",
        Lang::Lav => "lv",
        Lang::Est => "et",
        Lang::Tam => "ta",
        Lang::Vie => "vi",
        Lang::Urd => "ur",
        Lang::Tha => "th",
        Lang::Guj => "gu",
        Lang::Uzb => "uz",
        Lang::Pan => "pa",
        Lang::Aze => "az",
        Lang::Ind => "id",
        Lang::Tel => "te",
        Lang::Pes => "fa",
        Lang::Mal => "ml",
        Lang::Ori => "or",
        Lang::Mya => "my",
        Lang::Nep => "ne",
        Lang::Sin => "si",
        Lang::Khm => "km",
        Lang::Tuk => "tk",
        Lang::Aka => "ak",
        Lang::Zul => "zu",
        Lang::Sna => "sn",
        Lang::Afr => "af",
        Lang::Lat => "la",
        Lang::Slk => "sk",
        Lang::Cat => "ca",
        Lang::Tgl => "tl",
        Lang::Hye => "hy",
        Lang::Cym => "cy",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_believed_before_the_page() {
        let english = "The plant on the river will open in the spring, said the head of the works, and the first of the new machines is on its way to the town.";
        assert_eq!(find(english, &["de"]).as_deref(), Some("en"));
        assert_eq!(find(english, &["en_gb"]).as_deref(), Some("en-GB"));
        assert_eq!(find("Kurz", &["de-DE"]).as_deref(), Some("de-DE"));
        assert_eq!(find("", &[]), None);
        let filler = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna aliqua, ut enim ad minim veniam, quis nostrud exercitation ullamco laboris.";
        assert_eq!(find(filler, &["en"]).as_deref(), Some("en"));
        assert_eq!(find(filler, &["la"]).as_deref(), Some("la"));
        assert_eq!(find(filler, &[]), None);
        assert_eq!(find("", &["x-default"]), None);
    }

    #[test]
    fn tags_get_their_usual_form() {
        let rows = [
            ("EN", "en"),
            ("pt_br", "pt-BR"),
            ("zh_hant_tw", "zh-Hant-TW"),
            ("es-419", "es-419"),
            ("en-GB-oxendict", "en-GB"),
        ];
        for (given, wanted) in rows {
            assert_eq!(tidy(given).as_deref(), Some(wanted), "{given}");
        }
        assert_eq!(tidy("none of these"), None);
    }
}
