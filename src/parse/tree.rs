//! Elements kept as data: what a vocabulary may hold that no field is for.

use std::collections::BTreeMap;

use crate::model::Element;

use super::namespaces::Space;
use super::tokens::Tag;
use super::walker::{Step, Walker};

/// Elements of one tree, and how far they stand in one another; what is beyond is left out.
const MAX_ELEMENTS: usize = 100;
const MAX_LEVELS: usize = 6;

/// The element that has just begun with `tag`, up to its end. Elements of unknown vocabularies in it are left out: nobody
/// could tell what they are without their declarations.
pub(super) fn read<'a>(walker: &mut Walker<'a>, tag: &Tag<'a>) -> Option<Element> {
    let Some(root) = element(walker, tag) else {
        walker.skip(walker.depth());
        return None;
    };
    let mut open = vec![root];
    let mut count = 1;
    while let Some(step) = walker.next() {
        match step {
            Step::Start(tag) => match element(walker, &tag).filter(|_| open.len() < MAX_LEVELS && count < MAX_ELEMENTS)
            {
                Some(element) => {
                    count += 1;
                    open.push(element);
                }
                None => walker.skip(walker.depth()),
            },
            Step::Text(piece) => {
                let text = walker.read(piece);
                if let Some(element) = open.last_mut().filter(|_| !text.trim().is_empty()) {
                    element.text.get_or_insert_default().push_str(&text);
                }
            }
            Step::End => {
                let mut ended = open.pop()?;
                ended.text = ended.text.map(|text| super::repair::clean(text.into())).filter(|text| !text.is_empty());
                match open.last_mut() {
                    Some(outer) => outer.children.push(ended),
                    None => return Some(ended),
                }
            }
        }
    }
    None
}

/// The element without what is in it; `None` when its name cannot be written again.
fn element<'a>(walker: &Walker<'a>, tag: &Tag<'a>) -> Option<Element> {
    let (space, local) = walker.resolve(tag);
    let prefix = space.prefix();
    if !is_name(local) || (prefix.is_none() && (space != Space::Core || tag.name.contains(':'))) {
        return None;
    }
    let name = prefix.map_or_else(|| local.to_owned(), |prefix| format!("{prefix}:{local}"));
    let attributes: BTreeMap<String, String> = tag
        .attributes
        .into_iter()
        .filter(|attribute| is_name(attribute.name) && attribute.name != "xmlns")
        .map(|attribute| (attribute.name.to_owned(), super::repair::clean(walker.value(attribute))))
        .collect();
    Some(Element { name, attributes, ..Element::default() })
}

/// Whether it can be the name of an element or attribute, without a prefix. XML allows more; vocabularies of feeds use no more.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::super::testing::rss_item;
    use crate::model::Element;

    fn kept(elements: &str) -> Vec<Element> {
        rss_item(elements).episode.map(|episode| episode.more).unwrap_or_default()
    }

    #[test]
    fn elements_keep_their_names_attributes_texts_and_order() {
        let kept = kept(
            "<podcast:value type='lightning' method='keysend' xml:lang='en' bad\"name='x'>\n \
             <podcast:valueRecipient name='A &amp; B' split='90'/>\n <podcast:valueTimeSplit>t &lt; u</podcast:valueTimeSplit>\
             <who:knows>x</who:knows><podcast:valueRecipient name='C' split='10'/></podcast:value>",
        );
        let [value] = kept.as_slice() else { panic!("one tree: {kept:?}") };
        assert_eq!((value.name.as_str(), value.text.as_deref()), ("podcast:value", None));
        assert_eq!(value.attributes.keys().collect::<Vec<_>>(), ["method", "type"]);
        let children: Vec<_> = value.children.iter().map(|child| child.name.as_str()).collect();
        assert_eq!(children, ["podcast:valueRecipient", "podcast:valueTimeSplit", "podcast:valueRecipient"]);
        assert_eq!(value.children[0].attributes["name"], "A & B");
        assert_eq!(value.children[1].text.as_deref(), Some("t < u"));
    }

    #[test]
    fn trees_are_bounded() {
        fn count(element: &Element) -> usize {
            1 + element.children.iter().map(count).sum::<usize>()
        }
        fn levels(element: &Element) -> usize {
            1 + element.children.iter().map(levels).max().unwrap_or_default()
        }
        let wide = kept(&format!("<podcast:value>{}</podcast:value>", "<podcast:x/>".repeat(5_000)));
        assert_eq!(count(&wide[0]), super::MAX_ELEMENTS);
        let deep = kept(&format!("<podcast:value>{}", "<podcast:x>".repeat(5_000)));
        assert_eq!(levels(&deep[0]), super::MAX_LEVELS);
    }

    #[test]
    fn what_stands_in_a_tree_is_not_about_the_entry() {
        let entry = rss_item(
            "<podcast:alternateEnclosure type='audio/opus'><title>Other</title><podcast:source uri='u'/>\
             </podcast:alternateEnclosure><title>Own</title>",
        );
        assert_eq!(entry.title.map(|title| title.value).as_deref(), Some("Own"));
    }
}
