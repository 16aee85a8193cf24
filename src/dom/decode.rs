//! The characters of a page: byte order mark, what is declared, what the bytes prove.

/// The characters of a document.
#[must_use]
pub fn decode(body: &[u8], content_type: Option<&str>) -> String {
    if let Some((encoding, skip)) = encoding_rs::Encoding::for_bom(body) {
        return encoding.decode_without_bom_handling(&body[skip..]).0.into_owned();
    }
    let head = String::from_utf8_lossy(&body[..body.len().min(4096)]).to_lowercase();
    let label = |text: &str| {
        let rest = text.split("charset=").nth(1)?.trim_start_matches(['"', '\'', ' ']);
        encoding_rs::Encoding::for_label(rest.split(['"', '\'', ' ', ';', '>', '/']).next()?.as_bytes())
    };
    if let Ok(text) = std::str::from_utf8(body) {
        return text.to_owned();
    }
    let encoding =
        content_type.and_then(|kind| label(&kind.to_lowercase())).or_else(|| label(&head)).unwrap_or_else(|| {
            let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
            detector.feed(body, true);
            detector.guess(None, chardetng::Utf8Detection::Allow)
        });
    encoding.decode_without_bom_handling(body).0.into_owned()
}
