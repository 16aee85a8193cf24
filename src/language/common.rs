//! Languages told by their commonest words: enough for most texts, at a small part of what comparing with every language costs.
//!
//! Each list leaves out what a sister language shares, so that a text in Galician is no Spanish and one in Danish no Swedish.
//! Where the words do not speak clearly for one language, [`heard`] keeps silent.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Words of a text looked at; the caller bounds its letters.
const FEWEST_WORDS: usize = 18;
/// Words of the language there must be at least.
const FEWEST_HITS: usize = 5;
/// How many times as many as of any other language.
const AHEAD: usize = 3;
/// Of how many words one must be of the language.
const ONE_OF: usize = 14;
/// Bytes of the longest word in the lists.
const LONGEST: usize = 16;

const LANGUAGES: [(&str, &str); 10] = [
    (
        "en",
        "the and of to that for with was is are this have from by not which they been their has were will would said about \
         after who his her when there more can its than into",
    ),
    (
        "de",
        "und der die das den von mit ist nicht ein eine auf für dem des im zu sich auch werden wird dass bei einer nach aus \
         als wie über sind einen haben zum zur oder aber noch",
    ),
    (
        "fr",
        "et les des du une est pour qui dans par sur aux avec cette sont mais pas plus elle ont leur ces était être été fait \
         vous nous très tout même",
    ),
    (
        "es",
        "los las y con por su sus más pero para como fue ha muy también está esta este sin sobre desde cuando hay han",
    ),
    (
        "it",
        "di il che è sono della nel alla più anche gli delle dei con del questo dal sul nella degli una per ha essere",
    ),
    (
        "pt",
        "não uma um em são também pelo pela isso ele ela muito está já há foram mais dos ao seu sua até depois quando você",
    ),
    (
        "nl",
        "het een niet zijn voor aan ook bij naar door wordt werd met heeft deze maar uit nog over hebben meer onder",
    ),
    ("pl", "się nie że jest przez dla są oraz jak ale który które tym jako już tylko jego może został było także"),
    (
        "ru",
        "что это его был была также года чтобы который которые только уже было они она этом из для при так или году может",
    ),
    ("sv", "och att är för till inte från ett av som på den med kommer också efter eller"),
];

/// The languages that a word speaks for, a bit each.
static WORDS: LazyLock<HashMap<&'static str, u16>> = LazyLock::new(|| {
    let mut words = HashMap::new();
    for (bit, (_, list)) in LANGUAGES.iter().enumerate() {
        list.split(' ').for_each(|word| *words.entry(word).or_default() |= 1 << bit);
    }
    words
});

/// The language whose words a text is full of; `None` where that is not plain.
pub(super) fn heard(sample: &str) -> Option<&'static str> {
    let mut hits = [0_usize; LANGUAGES.len()];
    let mut words = 0_usize;
    let mut lower = String::with_capacity(LONGEST);
    for word in sample.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()) {
        words += 1;
        if word.len() > LONGEST {
            continue;
        }
        let word = if word.bytes().all(|byte| byte.is_ascii_lowercase()) {
            word
        } else {
            lower.clear();
            lower.extend(word.chars().flat_map(char::to_lowercase));
            &lower
        };
        let mut languages = WORDS.get(word).copied().unwrap_or_default();
        while languages != 0 {
            hits[languages.trailing_zeros() as usize] += 1;
            languages &= languages - 1;
        }
    }
    let best = (0..hits.len()).max_by_key(|language| hits[*language])?;
    let second = hits.iter().enumerate().filter(|(language, _)| *language != best).map(|(_, hits)| *hits).max();
    let is_plain = words >= FEWEST_WORDS
        && hits[best] >= FEWEST_HITS
        && hits[best] * ONE_OF >= words
        && hits[best] >= AHEAD * second.unwrap_or_default();
    is_plain.then_some(LANGUAGES[best].0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_full_of_the_words_of_one_language_is_in_it() {
        let rows = [
            (
                "The mill by the river has been closed for years, and the owners said that they will not open it until the bridge to the town is built.",
                Some("en"),
            ),
            (
                "Die Mühle am Fluss ist seit Jahren geschlossen, und der Besitzer will sie nicht öffnen, bevor die Brücke über das Wasser gebaut wird, sagte er.",
                Some("de"),
            ),
            (
                "Le moulin est fermé depuis des années et les voisins, qui ont demandé une route pour le village, sont allés voir le maire avec leurs enfants.",
                Some("fr"),
            ),
            (
                "El molino lleva cerrado muchos años y los vecinos, que han pedido una carretera para el pueblo, fueron a ver al alcalde con sus hijos por la tarde.",
                Some("es"),
            ),
            (
                "Il mulino è chiuso da molti anni e gli abitanti del paese, che hanno chiesto una strada, sono andati dal sindaco con i bambini della scuola.",
                Some("it"),
            ),
            (
                "O moinho está fechado há muito tempo e os vizinhos não foram até a cidade, mas também pediram uma estrada para ele em um dia de chuva.",
                Some("pt"),
            ),
            (
                "De molen aan de rivier is al jaren dicht en de eigenaar wil het niet openen voor de brug naar het dorp er is, zei een man die ook bij de bakker werkt.",
                Some("nl"),
            ),
            (
                "Młyn nad rzeką jest zamknięty od lat, a właściciel nie chce go otworzyć, bo nie wie, jak się tam dojedzie, i mówi, że most dla wsi to za mało.",
                Some("pl"),
            ),
            (
                "Мельница закрыта уже много лет, и хозяин сказал, что не откроет её, чтобы не мешать: это было решено при нём, и для села так лучше, хотя мост из камня или дерева может стоять.",
                Some("ru"),
            ),
            (
                "Kvarnen vid ån har varit stängd i många år och ägaren vill inte öppna den, för att bron till byn är för smal, och från ett håll syns den inte.",
                Some("sv"),
            ),
            // Danish, Galician and Bulgarian have no list, and are not taken for those of their neighbours.
            (
                "Møllen ved åen har været lukket i mange år, og ejeren vil ikke åbne den, for broen til byen er for smal, og han siger, at det bliver ved med at være sådan.",
                None,
            ),
            (
                "O muíño leva moitos anos pechado e os veciños, que pediron unha estrada para a aldea, foron ver o alcalde cos seus fillos pola tarde.",
                None,
            ),
            (
                "Мелницата е затворена от години и собственикът не иска да я отвори, защото мостът към селото е тесен, а пътят минава през гората и реката.",
                None,
            ),
            ("Words: mill, river, bridge.", None),
            ("", None),
        ];
        for (text, wanted) in rows {
            assert_eq!(heard(text), wanted, "{text}");
        }
    }

    #[test]
    fn no_word_is_longer_than_is_looked_up() {
        assert!(WORDS.keys().all(|word| word.len() <= LONGEST && *word == word.to_lowercase()));
    }
}
