//! The language of a text: what the entry says, else what the text shows, else what the channel says.

/// Texts shorter than this, in characters, are not judged: single names and numbers look like any language.
const ENOUGH: usize = 120;

/// A BCP 47 tag. An entry's own word counts first; then the text where detection is sure; then the channel's word, which
/// many sites with several languages get wrong.
pub(super) fn tag(entry: Option<&str>, channel: Option<&str>, text: &str) -> Option<String> {
    let named = entry.and_then(clean);
    if named.is_some() {
        return named;
    }
    let channel = channel.and_then(clean);
    let Some(detected) = detect(text) else { return channel };
    // The channel may know more than the language: `en-GB` where `en` was detected.
    channel.filter(|tag| tag.split('-').next() == Some(detected)).or_else(|| Some(detected.to_owned()))
}

/// A tag in its usual case: `EN_us` becomes `en-US`. `None` for what cannot be one.
fn clean(tag: &str) -> Option<String> {
    let tag = tag.trim().replace('_', "-");
    let mut parts = tag.split('-');
    let primary = parts.next()?.to_ascii_lowercase();
    if !(2..=3).contains(&primary.len()) || !primary.chars().all(|c| c.is_ascii_lowercase()) || tag.len() > 35 {
        return None;
    }
    let rest = parts.filter(|part| part.chars().all(|c| c.is_ascii_alphanumeric()) && !part.is_empty());
    let rest = rest.map(|part| if part.len() == 2 { part.to_ascii_uppercase() } else { part.to_owned() });
    Some(std::iter::once(primary).chain(rest).collect::<Vec<_>>().join("-"))
}

fn detect(text: &str) -> Option<&'static str> {
    text.chars().nth(ENOUGH)?;
    let info = whatlang::detect(text)?;
    info.is_reliable().then(|| two_letters(info.lang()))
}

/// ISO 639-1 codes of the languages that detection knows.
fn two_letters(language: whatlang::Lang) -> &'static str {
    use whatlang::Lang;
    match language {
        Lang::Afr => "af",
        Lang::Aka => "ak",
        Lang::Amh => "am",
        Lang::Ara => "ar",
        Lang::Aze => "az",
        Lang::Bel => "be",
        Lang::Ben => "bn",
        Lang::Bul => "bg",
        Lang::Cat => "ca",
        Lang::Ces => "cs",
        Lang::Cmn => "zh",
        Lang::Cym => "cy",
        Lang::Dan => "da",
        Lang::Deu => "de",
        Lang::Ell => "el",
        Lang::Eng => "en",
        Lang::Epo => "eo",
        Lang::Est => "et",
        Lang::Fin => "fi",
        Lang::Fra => "fr",
        Lang::Guj => "gu",
        Lang::Heb => "he",
        Lang::Hin => "hi",
        Lang::Hrv => "hr",
        Lang::Hun => "hu",
        Lang::Hye => "hy",
        Lang::Ind => "id",
        Lang::Ita => "it",
        Lang::Jav => "jv",
        Lang::Jpn => "ja",
        Lang::Kan => "kn",
        Lang::Kat => "ka",
        Lang::Khm => "km",
        Lang::Kor => "ko",
        Lang::Lat => "la",
        Lang::Lav => "lv",
        Lang::Lit => "lt",
        Lang::Mal => "ml",
        Lang::Mar => "mr",
        Lang::Mkd => "mk",
        Lang::Mya => "my",
        Lang::Nep => "ne",
        Lang::Nld => "nl",
        Lang::Nob => "nb",
        Lang::Ori => "or",
        Lang::Pan => "pa",
        Lang::Pes => "fa",
        Lang::Pol => "pl",
        Lang::Por => "pt",
        Lang::Ron => "ro",
        Lang::Rus => "ru",
        Lang::Sin => "si",
        Lang::Slk => "sk",
        Lang::Slv => "sl",
        Lang::Sna => "sn",
        Lang::Spa => "es",
        Lang::Srp => "sr",
        Lang::Swe => "sv",
        Lang::Tam => "ta",
        Lang::Tel => "te",
        Lang::Tgl => "tl",
        Lang::Tha => "th",
        Lang::Tuk => "tk",
        Lang::Tur => "tr",
        Lang::Ukr => "uk",
        Lang::Urd => "ur",
        Lang::Uzb => "uz",
        Lang::Vie => "vi",
        Lang::Yid => "yi",
        Lang::Zul => "zu",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str = "The council met on Monday to decide about the bridge, and nobody in the room expected that the \
                           decision would be taken before the evening, least of all the mayor herself.";

    #[test]
    fn the_text_outranks_the_channel_and_the_entry_outranks_both() {
        assert_eq!(tag(None, Some("ru"), ENGLISH).as_deref(), Some("en"));
        assert_eq!(tag(None, Some("en-gb"), ENGLISH).as_deref(), Some("en-GB"));
        assert_eq!(tag(Some("de"), Some("ru"), ENGLISH).as_deref(), Some("de"));
        assert_eq!(tag(None, Some("pt_br"), "Oi").as_deref(), Some("pt-BR"));
        assert_eq!(tag(None, Some("none of these"), "Oi"), None);
    }
}
