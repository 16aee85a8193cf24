//! How much two texts have in common, without knowing their language.

pub mod story;

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

/// Fewer words than this tell nothing about what a text is.
const TELLING_WORDS: usize = 8;

/// The share of the shorter text's pairs of neighbouring words that the other text has too, 0.0 to 1.0: two texts on different
/// matters share their small words, not the pairs of them. `None` where one of them is too short to tell.
#[must_use]
pub fn contained(one: &str, other: &str) -> Option<f64> {
    let pairs = |text: &str| {
        let words: Vec<String> = words(text).collect();
        let mut pairs: HashMap<(String, String), u32> = HashMap::new();
        for pair in words.windows(2) {
            *pairs.entry((pair[0].clone(), pair[1].clone())).or_default() += 1;
        }
        (words.len() >= TELLING_WORDS)
            .then_some((pairs, u32::try_from(words.len().saturating_sub(1)).unwrap_or(u32::MAX)))
    };
    let ((ones, ones_count), (others, others_count)) = (pairs(one)?, pairs(other)?);
    let shared: u32 = ones.iter().map(|(pair, count)| others.get(pair).map_or(0, |other| *count.min(other))).sum();
    Some(f64::from(shared) / f64::from(ones_count.min(others_count)))
}

/// The words of a title as one key: titles that differ in case, space and punctuation alone have the same.
#[must_use]
pub fn key(title: &str) -> String {
    words(title).collect::<Vec<_>>().join(" ")
}

/// Blocks of up to this many words that differ in nothing but digits are counters ("12 comments").
const COUNTER_WORDS: usize = 6;

/// A line with its spaces squashed, and without its numbers where it is short enough to be a counter.
#[must_use]
pub fn without_count(line: &str) -> String {
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.split(' ').count() > COUNTER_WORDS || line.ends_with(['.', '!', '?', '»', '”']) {
        return line;
    }
    line.chars().filter(|c| !c.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_contained_is_told_by_pairs_of_words() {
        let text = "The council of the city met on Monday and took up the plan for the harbour bridge at last.";
        let cut = "The council of the city met on Monday and took up…";
        let other = "On Monday the owner of the mill and the heads of the works met at the gate for the last time.";
        assert!(contained(text, cut).is_some_and(|share| share > 0.99));
        assert!(contained(text, other).is_some_and(|share| share < 0.2), "{:?}", contained(text, other));
        assert_eq!(contained(text, "Too short to tell"), None);
    }

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
