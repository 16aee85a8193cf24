//! Signatures on what hubs send: `X-Hub-Signature` (WebSub §8), an HMAC over the body.
//!
//! `method=hex`, with `sha1`, `sha256`, `sha384` or `sha512`. We sign with SHA-256; SHA-1 is still taken, since old hubs know no
//! other and its weakness does not reach HMAC (RFC 6194).

use std::fmt::Write as _;

use ring::hmac;

/// The value of `X-Hub-Signature` for a body.
#[must_use]
pub fn sign(secret: &str, body: &[u8]) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), body);
    let mut text = "sha256=".to_owned();
    for byte in tag.as_ref() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Whether a signature was made of this body with this secret. Takes the same time whatever is wrong with it.
#[must_use]
pub fn is_valid(secret: &str, body: &[u8], signature: &str) -> bool {
    let Some((method, digits)) = signature.trim().split_once('=') else { return false };
    let algorithm = match method.trim().to_ascii_lowercase().as_str() {
        "sha1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        "sha256" => hmac::HMAC_SHA256,
        "sha384" => hmac::HMAC_SHA384,
        "sha512" => hmac::HMAC_SHA512,
        _ => return false,
    };
    let Some(tag) = bytes(digits.trim()) else { return false };
    hmac::verify(&hmac::Key::new(algorithm, secret.as_bytes()), body, &tag).is_ok()
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let value = |digit: u8| char::from(digit).to_digit(16);
    let pair = |pair: &[u8]| match pair {
        [high, low] => u8::try_from(value(*high)? * 16 + value(*low)?).ok(),
        _ => None,
    };
    digits.as_bytes().chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers_hold() {
        // RFC 4231 §4.3 and RFC 2202 §3, case 2.
        let body = b"what do ya want for nothing?";
        let sha256 = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(sign("Jefe", body), sha256);
        assert!(is_valid("Jefe", body, sha256));
        assert!(is_valid("Jefe", body, "sha1=EFFCDF6AE5EB2FA2D27416D5F184DF9C259A7C79"));
    }

    #[test]
    fn anything_else_is_refused() {
        let good = sign("secret", b"body");
        let shorter = &good[..good.len() - 2];
        let wrong = ["", "sha256", "sha256=", "md5=00", "sha256=zz", "sha256=é", shorter, "sha1=00"];
        for signature in wrong {
            assert!(!is_valid("secret", b"body", signature), "{signature}");
        }
        assert!(!is_valid("other", b"body", &good));
        assert!(!is_valid("secret", b"Body", &good));
        assert!(is_valid("secret", b"body", &good));
    }
}
