//! How much two texts have in common, without knowing their language.

use std::collections::HashMap;

/// The words of a text, case-folded: runs of letters and digits. Scripts without spaces (Chinese, Japanese, Thai) count by
/// the character, since a run there is a sentence.
pub fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty()).flat_map(|run| {
        let unspaced = run.chars().any(is_unspaced);
        let pieces: Vec<String> =
            if unspaced { run.chars().map(|c| c.to_string()).collect() } else { vec![run.to_lowercase()] };
        pieces
    })
}

/// Whether a character is of a script that writes no spaces between words.
#[must_use]
pub fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c), 0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x3040..=0x30ff | 0x3400..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x3ffff)
}

/// The share of words that differ between two texts, 0.0 (same words as often) to 1.0 (none in common).
#[must_use]
pub fn difference(before: &str, after: &str) -> f64 {
    let mut balance: HashMap<String, i64> = HashMap::new();
    let (mut length_before, mut length_after) = (0_u32, 0_u32);
    for word in words(before) {
        *balance.entry(word).or_default() += 1;
        length_before += 1;
    }
    for word in words(after) {
        *balance.entry(word).or_default() -= 1;
        length_after += 1;
    }
    let longest = length_before.max(length_after);
    if longest == 0 {
        return 0.0;
    }
    let (only_before, only_after) =
        balance.values().fold((0_i64, 0_i64), |(b, a), n| (b + (*n).max(0), a + (-n).max(0)));
    let differing = u32::try_from(only_before.max(only_after)).unwrap_or(u32::MAX);
    f64::from(differing) / f64::from(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn difference_ignores_case_space_and_punctuation() {
        assert!(difference("The plant, opened.", "the  plant opened") < f64::EPSILON);
        assert!(difference("", "") < f64::EPSILON);
        assert!((difference("", "a b") - 1.0).abs() < f64::EPSILON);
        assert!((difference("a b c d", "a b c e") - 0.25).abs() < f64::EPSILON);
    }

    #[test]
    fn unspaced_scripts_are_compared_by_the_character() {
        assert!((difference("東京で会議", "東京で会談") - 0.2).abs() < 1e-9);
    }
}
