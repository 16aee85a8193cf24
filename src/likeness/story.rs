//! Whether two articles tell one story: the same report, cut, retold, credited or corrected, not the same matter.
//!
//! In two steps. [`keys`] gives a few numbers that reports with text in common share, for an index: the smallest hashes of
//! runs of three words, so that a cut report keeps its share of them. [`is_one`] then compares two articles that met there. No
//! language is known to it: words are hashes, scripts without spaces count by the character, and what matters in a report is
//! told by its form: words with digits, and words that begin with a capital inside a sentence.
//!
//! Forms filled in (weather, rates, obituaries) share their text and differ in what they tell: where texts run alike but for
//! single places, and there are numbers or names in those places, they are two stories. A correction has few such places, and
//! much that agrees.

use std::collections::HashSet;

use super::is_unspaced;

/// Keys of one article in the index.
pub const KEYS: usize = 12;

/// Texts with fewer words tell one story only where they say the same: quotes, notices.
const SHORT: usize = 25;

/// Words that are looked at; what is beyond is seldom cut differently.
const LONGEST: usize = 600;

/// What an article is compared by.
#[derive(Debug, Clone, Copy)]
pub struct Account<'a> {
    /// Its title.
    pub title: Option<&'a str>,
    /// Its text as plain characters.
    pub text: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    /// With a capital inside a sentence.
    Name,
    Number,
}

#[derive(Debug, Clone, Copy)]
struct Word {
    hash: u64,
    kind: Kind,
}

/// The keys under which an article is found by others that tell the same; empty where it is too short to tell anything.
#[must_use]
pub fn keys(text: &str) -> Vec<i64> {
    let words = words(text);
    if words.len() < SHORT {
        return words_key(&words).into_iter().collect();
    }
    let mut hashes: Vec<u64> = words.windows(3).map(shingle).collect();
    // Twice as many as are wanted: some may be equal.
    if hashes.len() > 2 * KEYS {
        hashes.select_nth_unstable(2 * KEYS);
        hashes.truncate(2 * KEYS);
    }
    hashes.sort_unstable();
    hashes.dedup();
    hashes.truncate(KEYS);
    hashes.into_iter().map(u64::cast_signed).collect()
}

/// Whether two articles tell one story.
#[must_use]
pub fn is_one(one: &Account, other: &Account) -> bool {
    let (a, b) = (words(one.text), words(other.text));
    let (a, b) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if a.len() < SHORT {
        return a.len() >= 8 && same(&a, &b) && titles_agree(one, other);
    }
    let shared = share(&shingles(&a, 3), &shingles(&b, 3));
    if shared < RETOLD {
        return false;
    }
    let aligned = Aligned::of(&a, &b);
    if aligned.is_form() {
        return false;
    }
    let facts = facts_shared(&a, &b);
    let lead = lead_shared(&a, &b);
    let titles = title_likeness(one, other);
    if shared >= TOLD_AGAIN {
        return lead >= 0.3 || titles >= 0.6;
    }
    (lead >= 0.2 || titles >= 0.5) && facts >= 0.6 && (shared >= 0.35 || facts >= 0.7)
}

/// Whether two texts are one form, filled in twice.
#[must_use]
pub fn is_form(one: &str, other: &str) -> bool {
    Aligned::of(&words(one), &words(other)).is_form()
}

/// Shares of the runs of three words of the shorter text found in the longer: of a report retold, and of one told again.
const RETOLD: f64 = 0.2;
const TOLD_AGAIN: f64 = 0.5;

/// Words of the beginning that say what is told.
const LEAD: usize = 30;

/// A gap in two texts that run alike, this short on both sides, is a place to fill in.
const PLACE: usize = 6;

/// The same for a single word, or a few characters of a script without spaces.
const SLOT: usize = 4;

fn shingle(words: &[Word]) -> u64 {
    mix(words.iter().fold(0, |hash, word| mix(hash ^ word.hash)))
}

fn shingles(words: &[Word], length: usize) -> HashSet<u64> {
    words.windows(length).map(shingle).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts of words are small")]
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn share(one: &HashSet<u64>, other: &HashSet<u64>) -> f64 {
    let smaller = one.len().min(other.len());
    ratio(one.intersection(other).count(), smaller)
}

fn same(a: &[Word], b: &[Word]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.hash == b.hash)
}

fn words_key(words: &[Word]) -> Option<i64> {
    (words.len() >= 8).then(|| words.iter().fold(1, |hash, word| mix(hash ^ word.hash)).cast_signed())
}

fn titles_agree(one: &Account, other: &Account) -> bool {
    match (one.title, other.title) {
        (Some(one), Some(other)) => same(&words(one), &words(other)),
        _ => true,
    }
}

/// The share of the shorter title's words in the other.
fn title_likeness(one: &Account, other: &Account) -> f64 {
    let set =
        |title: Option<&str>| words(title.unwrap_or_default()).iter().map(|word| word.hash).collect::<HashSet<_>>();
    let (one, other) = (set(one.title), set(other.title));
    if one.len().min(other.len()) < 3 { 0.0 } else { share(&one, &other) }
}

/// How much of the beginning of one is told in the other, in pairs of words: the better of both ways, since either may have
/// something before it.
fn lead_shared(a: &[Word], b: &[Word]) -> f64 {
    let way = |one: &[Word], other: &[Word]| {
        let lead = shingles(&one[..one.len().min(LEAD)], 2);
        ratio(lead.intersection(&shingles(other, 2)).count(), lead.len())
    };
    way(a, b).max(way(b, a))
}

/// The share of the numbers and names of the shorter text that the other has too.
fn facts_shared(a: &[Word], b: &[Word]) -> f64 {
    let facts = |words: &[Word]| {
        words.iter().filter(|word| word.kind != Kind::Plain).map(|word| word.hash).collect::<HashSet<_>>()
    };
    let (one, all) = (facts(a), b.iter().map(|word| word.hash).collect::<HashSet<_>>());
    if one.len() < 3 {
        // Nothing to hold on to: the words themselves.
        let (a, b) = (shingles(a, 2), shingles(b, 2));
        return share(&a, &b) * 1.5;
    }
    ratio(one.intersection(&all).count(), one.len())
}

/// Two texts laid beside each other.
struct Aligned {
    /// Words in both at the same place.
    matched: usize,
    /// Numbers and names among them.
    agreeing: usize,
    /// Places of a few words where they differ, with numbers or names on both sides.
    differing: usize,
    /// Numbers among them.
    numbers: usize,
    /// Places of a word or two where they differ, the words around being the same, in scripts whose names cannot be told: any
    /// may hold one. In thirds of a place.
    slots: usize,
}

impl Aligned {
    fn of(a: &[Word], b: &[Word]) -> Self {
        let pairs = common(a, b);
        // Where every noun has a capital, or no word has, capitals tell no names.
        let capitals = a.iter().chain(b).filter(|word| word.kind == Kind::Name).count();
        let nouns = capitals * 6 >= a.len() + b.len();
        let tells = |word: &Word| word.kind == Kind::Number || word.kind == Kind::Name && !nouns;
        let mut aligned = Self { matched: pairs.len(), agreeing: 0, differing: 0, numbers: 0, slots: 0 };
        aligned.agreeing = pairs.iter().filter(|(i, _)| tells(&a[*i])).count();
        let runs_on = |at: usize| pairs.get(at + 1).is_some_and(|next| *next == (pairs[at].0 + 1, pairs[at].1 + 1));
        for (at, pair) in pairs.windows(2).enumerate() {
            let ((i, j), (next_i, next_j)) = (pair[0], pair[1]);
            let gaps = [&a[i + 1..next_i], &b[j + 1..next_j]];
            if gaps.iter().any(|gap| gap.is_empty() || gap.len() > PLACE) {
                continue;
            }
            let both = |tells: &dyn Fn(&Word) -> bool| gaps.iter().all(|gap| gap.iter().any(tells));
            let number = both(&|word| word.kind == Kind::Number);
            let name = both(&|word| word.kind == Kind::Name && !nouns);
            aligned.differing += usize::from(number || name);
            aligned.numbers += usize::from(number);
            let is_slot = gaps.iter().all(|gap| gap.len() <= SLOT) && (at > 0 && runs_on(at - 1) || runs_on(at + 1));
            let may_name = number || capitals == 0 || nouns && both(&|word| word.kind == Kind::Name);
            // A character says as much as two words.
            aligned.slots += usize::from(is_slot && may_name) * if capitals == 0 { 4 } else { 3 };
        }
        aligned
    }

    /// Whether the two are one form, filled in twice.
    fn is_form(&self) -> bool {
        self.differing >= 2 && self.differing * 2 > self.agreeing
            || self.numbers >= 3 && self.differing * 3 > self.agreeing
            || self.slots >= 12 && self.slots * 5 > self.matched
    }
}

/// The longest run of words common to both in order, as pairs of places.
fn common(a: &[Word], b: &[Word]) -> Vec<(usize, usize)> {
    let width = b.len() + 1;
    let mut lengths = vec![0_u16; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            lengths[i * width + j] = if a[i].hash == b[j].hash {
                lengths[(i + 1) * width + j + 1] + 1
            } else {
                lengths[(i + 1) * width + j].max(lengths[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < a.len() && j < b.len() {
        if a[i].hash == b[j].hash {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if lengths[(i + 1) * width + j] >= lengths[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

/// The words of a text as hashes with their kinds, up to [`LONGEST`].
fn words(text: &str) -> Vec<Word> {
    let mut found = Vec::with_capacity((text.len() / 5).min(LONGEST));
    // Whether a sentence begins; a word that begins one may have its capital from that.
    let (mut begins, mut open) = (true, false);
    let (mut hash, mut kind) = (0, Kind::Plain);
    for c in text.chars() {
        if found.len() >= LONGEST {
            return found;
        }
        let unspaced = !c.is_ascii() && is_unspaced(c);
        let form = form(c);
        if open && (unspaced || form == Form::Other) {
            found.push(Word { hash: mix(hash), kind });
            (open, begins) = (false, false);
        }
        if unspaced {
            found.push(Word { hash: mix(u64::from(u32::from(c))), kind: Kind::Plain });
        } else if form != Form::Other {
            if !open {
                (hash, open) = (0, true);
                kind = if matches!(form, Form::Upper(_)) && !begins { Kind::Name } else { Kind::Plain };
            }
            match form {
                Form::Number => {
                    kind = Kind::Number;
                    hash = step(hash, u64::from(u32::from(c)));
                }
                Form::Upper(Some(lower)) => hash = step(hash, u64::from(lower)),
                Form::Upper(None) => c.to_lowercase().for_each(|c| hash = step(hash, u64::from(u32::from(c)))),
                Form::Lower | Form::Other => hash = step(hash, u64::from(u32::from(c))),
            }
        } else if matches!(c, '.' | '!' | '?' | ':' | '\n' | '"' | '“' | '„' | '«' | '»' | '–' | '—' | '•')
        {
            begins = true;
        }
    }
    if open {
        found.push(Word { hash: mix(hash), kind });
    }
    found
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A capital, with the small letter where that is known.
    Upper(Option<u32>),
    /// A letter that is no capital.
    Lower,
    Number,
    Other,
}

/// What a character is. The tables of Unicode are asked only beyond the scripts that most texts are written in: they take most
/// of the time otherwise.
fn form(c: char) -> Form {
    let code = u32::from(c);
    match code {
        0x30..=0x39 => Form::Number,
        0x41..=0x5a | 0xc0..=0xd6 | 0xd8..=0xde | 0x410..=0x42f => Form::Upper(Some(code + 32)),
        0x400..=0x40f => Form::Upper(Some(code + 80)),
        0x61..=0x7a | 0xdf..=0xf6 | 0xf8..=0xff | 0x430..=0x45f | 0x620..=0x64a => Form::Lower,
        0..=0x7f | 0x2000..=0x206f | 0x3000..=0x303f => Form::Other,
        _ if c.is_numeric() => Form::Number,
        _ if c.is_uppercase() => Form::Upper(None),
        _ if c.is_alphabetic() => Form::Lower,
        _ => Form::Other,
    }
}

fn step(hash: u64, value: u64) -> u64 {
    (hash.rotate_left(5) ^ value).wrapping_mul(0x517c_c1b7_2722_0a95)
}

fn mix(mut hash: u64) -> u64 {
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(0xd6e8_feb8_6659_fd93);
    hash ^ (hash >> 32)
}
