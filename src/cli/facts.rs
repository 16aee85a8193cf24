//! What feeds say of themselves and of their entries beyond the usual, as `courant read` shows it: only what is there.

use serde_json::{Map, Value, json};

use crate::model::{Channel, Entry};

/// What a feed says of itself.
pub(super) fn of_channel(channel: &Channel) -> Value {
    let mut facts = Map::new();
    let mut add = |name: &str, value: Value| add(&mut facts, name, value);
    add("id", json!(channel.id));
    add("self", json!(channel.self_link));
    add("hubs", json!(channel.hubs));
    add("moved_to", json!(channel.moved_to));
    add("ttl_seconds", json!(channel.ttl.map(|ttl| ttl.as_secs())));
    add("skip_hours", json!(channel.skip_hours));
    add("skip_days", json!(channel.skip_days));
    add("update_base", json!(channel.update_base));
    add("expired", json!(channel.expired));
    add("pages", json!(channel.pages));
    add("cloud", json!(channel.cloud));
    add("generator", json!(channel.generator));
    add("generator_version", json!(channel.generator_version));
    add("generator_url", json!(channel.generator_url));
    add("docs", json!(channel.docs));
    add("image", json!(channel.image));
    add("icon", json!(channel.icon));
    add("license", json!(channel.license));
    add("place", json!(channel.place));
    add("podcast", json!(channel.show));
    Value::Object(facts)
}

/// Adds what an entry says beyond the usual to what is shown of it.
pub(super) fn of_entry(entry: &Entry, shown: &mut Value) {
    let Value::Object(shown) = shown else { return };
    let mut add = |name: &str, value: Value| add(shown, name, value);
    add("podcast", json!(entry.episode));
    add("place", json!(entry.place));
    add("license", json!(entry.license));
    add("comments", json!(entry.comments));
    add("comment_count", json!(entry.comment_count));
    add("comments_feed", json!(entry.comments_feed));
    add("in_reply_to", json!(entry.in_reply_to));
    add("original_link", json!(entry.original_link));
}

/// Adds what says something: no nulls, no empty lists, nothing that is not so.
fn add(facts: &mut Map<String, Value>, name: &str, value: Value) {
    let is_empty = match &value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    };
    if !is_empty {
        facts.insert(name.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_there_is_shown() {
        assert_eq!(of_channel(&Channel::default()), json!({}));
        let channel = Channel { hubs: vec!["https://hub.example/".to_owned()], expired: true, ..Channel::default() };
        assert_eq!(of_channel(&channel), json!({ "hubs": ["https://hub.example/"], "expired": true }));
        let mut shown = json!({ "guid": "7" });
        of_entry(&Entry { comment_count: Some(3), ..Entry::default() }, &mut shown);
        assert_eq!(shown, json!({ "guid": "7", "comment_count": 3 }));
    }
}
