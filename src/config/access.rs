//! How a source is asked: its secrets read from where they are, its files checked.
//!
//! Paths are relative to the folder of `courant.toml`, wherever the source is written. What is read here is never told again:
//! messages name the key and the file.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::fetch::{self, Access, HeaderMap, Proxy, Way};
use crate::source::{self, HttpVersion, Secret};
use crate::units;

/// A file of secrets or certificates is no longer than this.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Where secrets are found.
pub(super) struct Secrets<'a> {
    /// The folder of the settings file.
    pub(super) folder: &'a Path,
    /// The environment.
    pub(super) variables: &'a BTreeMap<String, String>,
}

/// How a source is asked.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) headers: HeaderMap,
    pub(super) access: Option<Access>,
    /// What is wrong, each with its key.
    pub(super) problems: Vec<String>,
    /// What works and should be otherwise.
    pub(super) remarks: Vec<String>,
}

impl Asked {
    /// Reads what the settings of a source say.
    pub(super) fn read(settings: &source::Settings, secrets: &Secrets) -> Self {
        let mut asked = Self::default();
        let mut pairs = asked.secrets("headers", &settings.headers, secrets);
        let cookies = asked.cookies(settings, secrets);
        let authorization = asked.sign_in(settings, secrets);
        let is_given = pairs.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        if is_given && authorization.is_some() {
            asked.problems.push(
                "`headers`: `Authorization` is made of `user` and `password`, or of `token`: give one of them"
                    .to_owned(),
            );
        }
        pairs.extend(authorization.map(|value| ("Authorization".to_owned(), value)));
        let borrowed = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        match fetch::source_headers(borrowed, cookies.as_deref()) {
            Ok(headers) => asked.headers = headers,
            Err(error) => asked.problems.push(format!("`headers`: {error}")),
        }
        let access = asked.access(settings, secrets);
        asked.access = (!access.is_plain()).then_some(access);
        asked
    }

    fn access(&mut self, settings: &source::Settings, secrets: &Secrets) -> Access {
        let mut access = Access {
            way: settings.proxy.as_ref().and_then(|proxy| self.way(proxy, secrets)),
            http1: settings.http == Some(HttpVersion::One),
            timeout: self.unit("timeout", settings.timeout.as_deref(), units::parse_duration),
            first_byte_timeout: self.unit(
                "first_byte_timeout",
                settings.first_byte_timeout.as_deref(),
                units::parse_duration,
            ),
            max_bytes: self.unit("max_bytes", settings.max_bytes.as_deref(), units::parse_size),
            robots: settings.robots.map(|robots| match robots {
                source::RobotsFor::Pages => fetch::RobotsFor::Pages,
                source::RobotsFor::All => fetch::RobotsFor::All,
            }),
            ..Access::default()
        };
        let no_time = [access.timeout, access.first_byte_timeout].into_iter().flatten().any(|time| time.is_zero());
        if no_time || access.max_bytes == Some(0) {
            self.problems.push("`timeout`, `first_byte_timeout` and `max_bytes` must be more than nothing".to_owned());
        }
        if let Some(path) = &settings.authorities {
            let added =
                secrets.file(path).and_then(|pem| access.trust(&pem, &shown(path)).map_err(|error| error.to_string()));
            self.note("authorities", added);
        }
        if let Some(path) = &settings.certificate {
            self.warn_of_readers("certificate", path, secrets);
            let pem = secrets.file(path).and_then(|mut pem| {
                if let Some(key) = &settings.certificate_key {
                    pem.push(b'\n');
                    pem.extend(secrets.file(key)?);
                }
                Ok(pem)
            });
            let added = pem.and_then(|pem| access.show(&pem, &shown(path)).map_err(|error| error.to_string()));
            self.note("certificate", added);
        }
        match (&settings.certificate_key, &settings.certificate) {
            (Some(key), Some(_)) => self.warn_of_readers("certificate_key", key, secrets),
            (Some(_), None) => {
                self.problems.push("`certificate_key` is the key of a `certificate`, and none is given".to_owned());
            }
            (None, _) => {}
        }
        access
    }

    fn way(&mut self, proxy: &Secret, secrets: &Secrets) -> Option<Way> {
        let text = self.secret("proxy", proxy, secrets)?;
        if text == "none" {
            return Some(Way::Direct);
        }
        let proxy = Proxy::try_from(text).map_err(|error| format!("{error}, or \"none\""));
        self.note("proxy", proxy).map(Way::Proxy)
    }

    /// The `Authorization` of a source.
    fn sign_in(&mut self, settings: &source::Settings, secrets: &Secrets) -> Option<String> {
        let password = self.one_of("password", settings.password.as_ref(), settings.password_file.as_ref(), secrets);
        let token = self.one_of("token", settings.token.as_ref(), settings.token_file.as_ref(), secrets);
        let has_token = settings.token.is_some() || settings.token_file.is_some();
        let has_password = settings.password.is_some() || settings.password_file.is_some();
        match (&settings.user, has_password, has_token) {
            (None, false, false) => None,
            (Some(user), true, false) if !user.contains(':') => Some(basic(user, &password?)),
            (None, false, true) => Some(format!("Bearer {}", token?)),
            (Some(_), true, false) => {
                self.problems.push("`user` may not hold a colon".to_owned());
                None
            }
            (_, _, true) => {
                self.problems.push("`token` is sent alone: leave `user` and `password` out".to_owned());
                None
            }
            (Some(_), false, _) => {
                self.problems.push("`user` needs `password_file` (or `password`)".to_owned());
                None
            }
            (None, true, _) => {
                self.problems.push("`password` needs `user`".to_owned());
                None
            }
        }
    }

    fn cookies(&mut self, settings: &source::Settings, secrets: &Secrets) -> Option<String> {
        let cookies = self.secrets("cookies", &settings.cookies, secrets);
        // RFC 6265 §4.1.1, with the values of the wild: no separators and nothing that cannot be seen.
        let is_name = |name: &str| {
            !name.is_empty()
                && !name.contains(['=', ';', ',', '"', ' '])
                && name.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let is_value =
            |value: &str| !value.contains(';') && value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        for (name, value) in &cookies {
            if !is_name(name) || !is_value(value) {
                self.problems.push(format!("`cookies`: `{name}` has characters a cookie cannot hold"));
            }
        }
        let line: Vec<String> = cookies.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        (!line.is_empty()).then(|| line.join("; "))
    }

    fn one_of(
        &mut self,
        key: &str,
        secret: Option<&Secret>,
        file: Option<&PathBuf>,
        secrets: &Secrets,
    ) -> Option<String> {
        match (secret, file) {
            (Some(_), Some(_)) => {
                self.problems.push(format!("`{key}` and `{key}_file` say the same: give one of them"));
                None
            }
            (Some(secret), None) => self.secret(key, secret, secrets),
            (None, Some(path)) => self.secret(&format!("{key}_file"), &Secret::File(path.clone()), secrets),
            (None, None) => None,
        }
    }

    fn secrets(&mut self, key: &str, from: &BTreeMap<String, Secret>, secrets: &Secrets) -> Vec<(String, String)> {
        let read = from.iter().filter_map(|(name, secret)| {
            let value = self.secret(&format!("{key}.{name}"), secret, secrets)?;
            Some((name.clone(), value))
        });
        read.collect()
    }

    fn secret(&mut self, key: &str, secret: &Secret, secrets: &Secrets) -> Option<String> {
        if let Secret::File(path) = secret {
            self.warn_of_readers(key, path, secrets);
        }
        let read = secrets.read(secret);
        self.note(key, read)
    }

    fn unit<T, E: ToString>(
        &mut self,
        key: &str,
        text: Option<&str>,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let read = text.map(parse).transpose().map_err(|error| error.to_string());
        self.note(key, read).flatten()
    }

    fn note<T>(&mut self, key: &str, result: Result<T, String>) -> Option<T> {
        result.map_err(|error| self.problems.push(format!("`{key}`: {error}"))).ok()
    }

    fn warn_of_readers(&mut self, key: &str, path: &Path, secrets: &Secrets) {
        if is_open_to_all(&secrets.folder.join(path)) {
            let path = path.display();
            self.remarks
                .push(format!("`{key}`: everybody on this machine can read `{path}`: chmod 600, or 640 for a group"));
        }
    }
}

impl Secrets<'_> {
    fn read(&self, secret: &Secret) -> Result<String, String> {
        let text = match secret {
            Secret::Text(text) => text.clone(),
            Secret::File(path) => self.text(path)?,
            Secret::Variable(name) => match (self.variables.get(name), self.variables.get(&format!("{name}_FILE"))) {
                (Some(text), _) => text.clone(),
                (None, Some(path)) => self.text(Path::new(path))?,
                (None, None) => return Err(format!("the environment has neither `{name}` nor `{name}_FILE`")),
            },
        };
        if text.is_empty() { Err("it is empty".to_owned()) } else { Ok(text) }
    }

    fn text(&self, path: &Path) -> Result<String, String> {
        let text = String::from_utf8(self.file(path)?).map_err(|_| format!("`{}` is not text", path.display()))?;
        Ok(text.trim_end().to_owned())
    }

    fn file(&self, path: &Path) -> Result<Vec<u8>, String> {
        let whole = self.folder.join(path);
        let length = fs::metadata(&whole).map(|metadata| metadata.len());
        if length.is_ok_and(|length| length > MAX_BYTES) {
            return Err(format!("`{}` is too large for what it should be", path.display()));
        }
        fs::read(&whole).map_err(|error| format!("cannot read `{}`: {error}", path.display()))
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// RFC 7617, in UTF-8.
fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", base64(format!("{user}:{password}").as_bytes()))
}

/// RFC 4648 §4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= three.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(unix)]
fn is_open_to_all(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o004 != 0)
}

#[cfg(not(unix))]
fn is_open_to_all(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        let rows = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (text, wanted) in rows {
            assert_eq!(base64(text.as_bytes()), wanted);
        }
        assert_eq!(basic("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    }

    fn asked(keys: &str) -> Asked {
        let settings: source::Settings = toml::from_str(&format!("id = \"a\"\n{keys}")).expect(keys);
        let variables = [("X_TOKEN", "from-env"), ("Y_TOKEN_FILE", "y.txt")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("y.txt"), "from-file \n").unwrap();
        fs::write(folder.path().join("empty"), "\n").unwrap();
        Asked::read(&settings, &Secrets { folder: folder.path(), variables: &BTreeMap::from(variables) })
    }

    #[test]
    fn secrets_come_from_where_they_are() {
        let rows = [
            ("token = \"plain\"", "Bearer plain"),
            ("token_file = \"y.txt\"", "Bearer from-file"),
            ("token = { file = \"y.txt\" }", "Bearer from-file"),
            ("token = { env = \"X_TOKEN\" }", "Bearer from-env"),
            ("token = { env = \"Y_TOKEN\" }", "Bearer from-file"),
            ("user = \"Aladdin\"\npassword = \"open sesame\"", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            ("headers = { Authorization = { env = \"X_TOKEN\" } }", "from-env"),
        ];
        for (keys, wanted) in rows {
            let asked = asked(keys);
            assert_eq!(asked.problems, [""; 0], "{keys}");
            assert_eq!(asked.headers["authorization"], wanted, "{keys}");
            assert!(asked.headers["authorization"].is_sensitive() && asked.access.is_none());
        }
        assert_eq!(asked("cookies = { a = \"1\", b = { file = \"y.txt\" } }").headers["cookie"], "a=1; b=from-file");
        assert_eq!(asked("token_file = \"y.txt\"").remarks.len(), usize::from(cfg!(unix)));
    }

    #[test]
    fn what_is_wrong_is_told_without_the_secret() {
        let rows = [
            ("user = \"hush\"", "`user` needs `password_file`"),
            ("password = \"hush\"", "`password` needs `user`"),
            ("user = \"a:b\"\npassword = \"hush\"", "`user` may not hold a colon"),
            ("user = \"a\"\npassword = \"hush\"\ntoken = \"hush\"", "`token` is sent alone"),
            ("token = \"hush\"\ntoken_file = \"y.txt\"", "give one of them"),
            ("token = \"hush\"\nheaders = { authorization = \"hush\" }", "`Authorization` is made of"),
            ("token = \"hush\\n\"", "has characters a header cannot hold"),
            ("token_file = \"nowhere\"", "`token_file`: cannot read `nowhere`"),
            ("token_file = \"empty\"", "`token_file`: it is empty"),
            ("token = { env = \"NO\" }", "neither `NO` nor `NO_FILE`"),
            ("headers = { X-Key = { file = \"nowhere\" } }", "`headers.X-Key`: cannot read `nowhere`"),
            ("cookies = { a = \"hush;b=1\" }", "`cookies`: `a` has characters"),
            ("headers = { Cookie = \"hush\" }", "`Cookie` is not for a source to set"),
            ("proxy = \"hush@proxy\"", "`proxy`: a proxy is an address"),
            ("authorities = \"y.txt\"", "`authorities`: `y.txt` holds no certificates"),
            ("certificate = \"y.txt\"", "`certificate`: `y.txt` holds no certificate with its key"),
            ("certificate_key = \"y.txt\"", "`certificate_key` is the key of a `certificate`"),
            ("timeout = \"soon\"", "`timeout`: `soon` is not a duration"),
            ("max_bytes = \"0 B\"", "must be more than nothing"),
        ];
        for (keys, wanted) in rows {
            let problems = asked(keys).problems.join("\n");
            assert!(problems.contains(wanted), "{keys}: {problems}");
            assert!(!problems.contains("hush"), "{keys}: {problems}");
        }
    }

    #[test]
    fn the_way_and_the_limits_are_read() {
        let access =
            asked("proxy = \"none\"\ntimeout = \"2m\"\nmax_bytes = \"50 MB\"\nrobots = \"all\"\nhttp = \"1.1\"")
                .access
                .unwrap();
        assert_eq!((access.way, access.http1, access.max_bytes), (Some(Way::Direct), true, Some(50_000_000)));
        assert_eq!(access.robots, Some(fetch::RobotsFor::All));
        let access = asked("proxy = \"http://me:hush@proxy.example:3128\"").access.unwrap();
        assert!(matches!(access.way, Some(Way::Proxy(proxy)) if proxy.url().password() == Some("hush")));
    }
}
