//! Whom a certificate is for and who signed it, as far as a message needs it.
//!
//! A few fields of X.509 (RFC 5280 §4.1) read out of DER by hand; nothing is decided by them, so whatever cannot be read is
//! simply not told.

/// Letters of a name at most: it is a stranger's text.
const MAX_LETTERS: usize = 80;

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const BMP_STRING: u8 = 0x1e;
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const COUNTRY: &[u8] = &[0x55, 4, 6];
const ORGANISATION: &[u8] = &[0x55, 4, 10];

/// The names in a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    /// Who signed it.
    pub(super) issuer: String,
    /// Whether it is signed by whom it is for.
    pub(super) is_self_signed: bool,
}

impl Names {
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        let (_, certificate, _) = element(der)?;
        let (_, mut fields, _) = element(certificate)?;
        if fields.first() == Some(&VERSION) {
            fields = element(fields)?.2;
        }
        // Serial number and algorithm come before the issuer, the time it holds for before the subject.
        let (_, _, rest) = element(fields)?;
        let (_, _, rest) = element(rest)?;
        let (_, issuer, rest) = element(rest)?;
        let (_, _, rest) = element(rest)?;
        let (_, subject, _) = element(rest)?;
        Some(Self { issuer: shown(issuer)?, is_self_signed: issuer == subject })
    }
}

/// A distinguished name as people say it: `Name (Organisation, Country)`.
fn shown(name: &[u8]) -> Option<String> {
    let organisation = attribute(name, ORGANISATION);
    let (first, second) = match attribute(name, COMMON_NAME) {
        Some(common) => (common, organisation),
        None => (organisation?, None),
    };
    let more: Vec<String> =
        second.into_iter().filter(|second| *second != first).chain(attribute(name, COUNTRY)).collect();
    Some(if more.is_empty() { first } else { format!("{first} ({})", more.join(", ")) })
}

/// The value of one attribute of a name.
fn attribute(mut name: &[u8], wanted: &[u8]) -> Option<String> {
    while let Some((_, set, rest)) = element(name) {
        name = rest;
        let Some((SEQUENCE, pair, _)) = element(set) else { continue };
        let Some((_, kind, value)) = element(pair) else { continue };
        if kind == wanted {
            let (tag, value, _) = element(value)?;
            let text = if tag == BMP_STRING {
                let units = value.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair));
                char::decode_utf16(units).map(|letter| letter.unwrap_or('\u{fffd}')).collect()
            } else {
                String::from_utf8_lossy(value).into_owned()
            };
            let clean: String = text.chars().filter(|letter| !letter.is_control()).take(MAX_LETTERS).collect();
            return Some(clean.trim().to_owned()).filter(|text| !text.is_empty());
        }
    }
    None
}

/// The first element: its tag, its content, and what follows it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let digits = usize::from(first & 0x7f);
        let (length, rest) = rest.split_at_checked(digits).filter(|_| (1..=4).contains(&digits))?;
        (length.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    use super::*;

    fn names(pem: &[u8]) -> Option<Names> {
        Names::read(&CertificateDer::from_pem_slice(pem).unwrap())
    }

    #[test]
    fn the_signer_is_read() {
        let rows: [(&[u8], &str, bool); 3] = [
            (include_bytes!("tests/tls/server.pem"), "Test authority", false),
            (include_bytes!("tests/tls/authority.pem"), "Test authority", true),
            (include_bytes!("tests/tls/below.pem"), "Test intermediate (Press Office, BY)", false),
        ];
        for (pem, issuer, is_self_signed) in rows {
            assert_eq!(names(pem), Some(Names { issuer: issuer.to_owned(), is_self_signed }));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, at in 0..400_usize, byte: u8) {
            let _ = Names::read(&bytes);
            let mut damaged = CertificateDer::from_pem_slice(include_bytes!("tests/tls/below.pem")).unwrap().to_vec();
            if let Some(place) = damaged.get_mut(at) {
                *place = byte;
            }
            let _ = Names::read(&damaged);
        }
    }
}
