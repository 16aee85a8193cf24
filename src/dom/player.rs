//! Players whose frames are kept: what they show is part of an article.

/// Host, without `www.`, and how the path begins.
const PLAYERS: [(&str, &str); 18] = [
    ("youtube.com", "/embed/"),
    ("youtube-nocookie.com", "/embed/"),
    ("player.vimeo.com", "/video/"),
    ("dailymotion.com", "/embed/"),
    ("geo.dailymotion.com", "/player"),
    ("player.twitch.tv", "/"),
    ("w.soundcloud.com", "/player"),
    ("bandcamp.com", "/EmbeddedPlayer"),
    ("open.spotify.com", "/embed"),
    ("embed.podcasts.apple.com", "/"),
    ("archive.org", "/embed/"),
    ("upload.wikimedia.org", "/"),
    ("rutube.ru", "/play/embed/"),
    ("vk.com", "/video_ext.php"),
    ("vkvideo.ru", "/video_ext.php"),
    ("ok.ru", "/videoembed"),
    ("player.bilibili.com", "/"),
    ("bilibili.com", "/"),
];

/// Whether a web address, with or without its scheme, is that of a known player.
#[must_use]
pub fn is_player(address: &str) -> bool {
    let address = address.trim();
    let bare = ["https:", "http:"].iter().find_map(|scheme| address.strip_prefix(scheme)).unwrap_or(address);
    let Some(bare) = bare.strip_prefix("//") else { return false };
    let (host, path) = bare.split_at(bare.find(['/', '?', '#']).unwrap_or(bare.len()));
    let host = host.strip_prefix("www.").unwrap_or(host);
    let path = if path.is_empty() { "/" } else { path };
    PLAYERS.iter().any(|(known, begins)| host.eq_ignore_ascii_case(known) && path.starts_with(begins))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn players_are_known_by_host_and_path() {
        let rows = [
            ("https://www.youtube.com/embed/x1", true),
            ("//player.vimeo.com/video/1", true),
            ("http://archive.org/embed/x", true),
            ("https://www.youtube.com/watch?v=x1", false),
            ("https://evil.example/youtube.com/embed/x1", false),
            ("https://youtube.com.evil.example/embed/x1", false),
            ("https://youtube.com@evil.example/embed/x1", false),
            ("/embed/x1", false),
            ("javascript://youtube.com/embed/", false),
        ];
        for (address, wanted) in rows {
            assert_eq!(is_player(address), wanted, "{address}");
        }
    }
}
