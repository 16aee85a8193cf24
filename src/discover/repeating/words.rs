//! What classes and headings of navigation and asides are called.

/// Words in classes and ids of parts that lead elsewhere than to the articles of the page.
const NAVIGATION: &[&str] = &[
    "nav",
    "navbar",
    "navigation",
    "menu",
    "submenu",
    "megamenu",
    "breadcrumb",
    "breadcrumbs",
    "pagination",
    "pager",
    "paginator",
    "pagenav",
    "footer",
    "toolbar",
    "topbar",
    "langs",
    "language",
    "languages",
    "cookie",
    "cookies",
    "share",
    "social",
    "tags",
    "tagcloud",
    "cloud",
    "taglist",
    "skip",
    "login",
    "crumbs",
    "pages",
    "quicklaunch",
    "sitemap",
];

/// Words in classes and ids of parts that stand beside the list.
const ASIDE: &[&str] = &[
    "sidebar",
    "aside",
    "side",
    "popular",
    "most",
    "mostread",
    "trending",
    "related",
    "recommended",
    "recommend",
    "archive",
    "archives",
    "calendar",
    "banner",
    "banners",
    "partner",
    "partners",
    "promo",
    "advert",
    "ads",
    "sponsor",
    "sponsors",
    "comments",
    "secondary",
    "complementary",
    "ticker",
    "hot",
    "top10",
    "rating",
    "newsletter",
];

/// What is written over lists that are not the list: parts of headings, in lower case.
const HEADINGS: &[&str] = &[
    "most read",
    "most viewed",
    "most popular",
    "most commented",
    "popular",
    "trending",
    "archive",
    "archives",
    "categories",
    "tags",
    "topics",
    "recent comments",
    "related",
    "useful links",
    "quick links",
    "links",
    "see also",
    "editors' pick",
    "recommended",
    "meistgelesen",
    "meist gelesen",
    "beliebt",
    "archiv",
    "kategorien",
    "themen",
    "schlagwörter",
    "links zum thema",
    "weitere beiträge",
    "les plus lus",
    "plus lus",
    "catégories",
    "liens utiles",
    "à lire aussi",
    "lo más leído",
    "más leídas",
    "categorías",
    "enlaces",
    "più letti",
    "i più letti",
    "mais lidas",
    "popularne",
    "najczęściej czytane",
    "archiwum",
    "meest gelezen",
    "mest läst",
    "mest lest",
    "самое читаемое",
    "популярное",
    "популярные",
    "архив",
    "рубрики",
    "теги",
    "метки",
    "читайте также",
    "ссылки",
    "полезные ссылки",
    "найбільш читане",
    "популярні",
    "архів",
    "самае чытанае",
    "папулярнае",
    "архіў",
    "спасылкі",
    "الأكثر قراءة",
    "الأكثر مشاهدة",
    "الأرشيف",
    "הנקראות ביותר",
    "ארכיון",
    "人気記事",
    "アクセスランキング",
    "ランキング",
    "アーカイブ",
    "カテゴリー",
    "热门",
    "排行",
    "点击排行",
    "热点",
    "相关链接",
    "友情链接",
    "인기",
    "많이 본",
];

/// What a class or id says about a part of the page: how likely its links are the list, from 0 to 1.
pub(super) fn of_class(class: &str) -> f32 {
    let mut least: f32 = 1.0;
    for token in tokens(class) {
        if NAVIGATION.contains(&token.as_str()) {
            least = least.min(0.12);
        } else if ASIDE.contains(&token.as_str()) {
            least = least.min(0.4);
        }
    }
    least
}

/// Whether a heading stands over something that is not the list.
pub(super) fn is_aside_heading(text: &str) -> bool {
    let text = text.to_lowercase();
    let text = text.trim_matches(|c: char| !c.is_alphanumeric());
    HEADINGS.iter().any(|known| {
        text == *known
            || text
                .strip_prefix(known)
                .is_some_and(|rest| rest.starts_with(|c: char| !c.is_alphanumeric()) && rest.chars().count() < 16)
            || !known.is_ascii() && known.chars().count() > 5 && text.contains(known) && text.chars().count() < 40
    })
}

/// The words of a class: parted at `-`, `_`, white space and where a capital begins.
pub(super) fn tokens(class: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for word in class.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).take(40) {
        let mut token = String::new();
        let mut was_lower = false;
        for c in word.chars().take(60) {
            if c.is_uppercase() && was_lower {
                tokens.push(std::mem::take(&mut token));
            }
            was_lower = c.is_lowercase();
            token.extend(c.to_lowercase());
        }
        tokens.push(token);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_told_by_their_words() {
        assert!(of_class("site-footer") < 0.2 && of_class("mainNav") < 0.2 && of_class("left_sidebar") < 0.5);
        assert!(of_class("news-list") > 0.9 && of_class("canvas") > 0.9 && of_class("navy") > 0.9);
    }

    #[test]
    fn headings_over_other_lists_are_known() {
        for heading in ["Most read", "Most read this week", "Архив", "الأكثر قراءة", "Archive 2024"] {
            assert!(is_aside_heading(heading), "{heading}");
        }
        for heading in
            ["News", "Popular uprising remembered in the valley", "Links between the two towns restored at last"]
        {
            assert!(!is_aside_heading(heading), "{heading}");
        }
    }
}
