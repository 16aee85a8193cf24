//! `sources/*.toml`: written by `add` and `import`, edited by people. Where each source is configured, and how one is added
//! or taken out again without touching what people wrote.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use crate::model::SourceId;
use crate::source::{self, KindName};
use crate::units;

use super::sections::read_tables;
use super::{Settings, site, toml_files};

/// A source as it is written into a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSource {
    /// Permanent name.
    pub id: SourceId,
    /// Its address.
    pub url: Url,
    /// What is at the address.
    pub kind: KindName,
    /// What readers see.
    pub name: Option<String>,
    /// Page for people.
    pub home: Option<Url>,
    /// Labels that feeds select by.
    pub tags: Vec<String>,
    /// How often to ask.
    pub every: Option<Duration>,
    /// Whether the pages of thin entries are fetched.
    pub full_text: bool,
}

impl NewSource {
    /// A feed with nothing but id and address.
    #[must_use]
    pub fn feed(id: SourceId, url: Url) -> Self {
        Self { id, url, kind: KindName::Feed, name: None, home: None, tags: Vec::new(), every: None, full_text: false }
    }

    /// The source as a `[[source]]` table.
    #[must_use]
    pub fn table(&self) -> String {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let mut text = format!("[[source]]\nid = {}\nurl = {}\n", quoted(self.id.as_str()), quoted(self.url.as_str()));
        if self.kind == KindName::Page {
            text.push_str("kind = \"page\"\n");
        } else if self.kind == KindName::Sitemap {
            text.push_str("kind = \"sitemap\"\n");
        }
        let name = self.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        for (key, value) in [("name", name), ("home", self.home.as_ref().map(Url::as_str))] {
            if let Some(value) = value {
                text.push_str(&format!("{key} = {}\n", quoted(value)));
            }
        }
        if !self.tags.is_empty() {
            let tags: Vec<String> = self.tags.iter().map(|tag| quoted(tag)).collect();
            text.push_str(&format!("tags = [{}]\n", tags.join(", ")));
        }
        if let Some(every) = self.every {
            text.push_str(&format!("every = {}\n", quoted(&units::write_duration(every))));
        }
        if self.full_text {
            text.push_str("full_text = true\n");
        }
        text
    }
}

/// Where a source is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// The line its table begins at, from 1; `None` for a site file as a whole.
    pub line: Option<usize>,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.file.display()),
            None => write!(f, "{}", self.file.display()),
        }
    }
}

/// Where each source is configured, as the files are now.
#[must_use]
pub fn places(settings: &Settings) -> BTreeMap<SourceId, Place> {
    let mut ignored = Vec::new();
    let mut places: BTreeMap<SourceId, Place> = BTreeMap::new();
    for site in site::read_folder(&settings.sites, &mut ignored) {
        places.insert(site.head.id.clone(), Place { file: site.file, line: None });
    }
    let own = fs::read_to_string(&settings.file).map(|text| (settings.file.clone(), text));
    for (file, text) in own.into_iter().chain(toml_files(&settings.sources, &mut ignored)) {
        for (id, line) in tables(&file, &text) {
            places.entry(id).or_insert_with(|| Place { file: file.clone(), line });
        }
    }
    places
}

/// The sources of a file with the lines their tables begin at.
fn tables(file: &Path, text: &str) -> Vec<(SourceId, Option<usize>)> {
    let (sources, _) = read_tables::<source::Settings>(file, text, "source");
    sources.into_iter().map(|source| (source.value.id, source.line)).collect()
}

/// Writes a new file into a folder, under the first of `name`, `name-2`, … that is free; nothing that is there is touched.
pub fn write_new(folder: &Path, name: &str, text: &str) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let mut number = 1_u32;
    loop {
        let name = if number == 1 { format!("{name}.toml") } else { format!("{name}-{number}.toml") };
        let path = folder.join(name);
        match create(&path, text.as_bytes()) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 10_000 => number += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Sources written into one file at most: a file that people can still read and edit.
const SOURCES_A_FILE: usize = 1_000;

/// Writes sources into new files of a folder, a thousand in each, all or none.
pub fn write_all_new(folder: &Path, name: &str, sources: &[NewSource]) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for part in sources.chunks(SOURCES_A_FILE) {
        let tables: Vec<String> = part.iter().map(NewSource::table).collect();
        match write_new(folder, name, &tables.join("\n")) {
            Ok(file) => files.push(file),
            Err(error) => {
                files.iter().map(fs::remove_file).for_each(drop);
                return Err(error);
            }
        }
    }
    Ok(files)
}

/// Writes a file that is not there yet, whole or not at all.
pub fn create(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut new = fs::File::create_new(file)?;
    let written = new.write_all(bytes).and_then(|()| new.sync_all());
    written.inspect_err(|_| {
        let _ = fs::remove_file(file);
    })
}

/// Puts a text in the place of a file, whole or not at all.
pub fn replace(file: &Path, text: &str) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(text.as_bytes())?;
    if let Ok(old) = fs::metadata(file) {
        new.as_file().set_permissions(old.permissions())?;
    }
    new.as_file().sync_all()?;
    new.persist(file).map(|_| ()).map_err(|error| error.error)
}

/// What is left of a file of sources without one of them; `None` when nothing but white space would be, and then the file
/// can go. Comments outside the table stay.
///
/// # Errors
/// Why it must be edited by hand.
pub fn without(file: &Path, text: &str, id: &SourceId) -> Result<Option<String>, &'static str> {
    let tables = tables(file, text);
    let at = tables.iter().position(|(known, _)| known == id).ok_or("it does not have this source any more")?;
    let begin = tables[at].1.ok_or("its line is not known")?;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let is_header = |line: usize| lines.get(line - 1).is_some_and(|line| line.trim_start().starts_with("[[source]]"));
    if !is_header(begin) {
        return Err("its sources are not written as `[[source]]` tables");
    }
    let next = tables.get(at + 1).and_then(|(_, line)| *line).filter(|line| *line > begin);
    let mut end = next.map_or(lines.len(), |line| line - 1);
    // A comment above the next table is about that one.
    while end > begin && next.is_some() && lines[end - 1].trim_start().starts_with('#') {
        end -= 1;
    }
    let rest: String = lines[..begin - 1].iter().chain(&lines[end..]).copied().collect();
    Ok((!rest.trim().is_empty()).then_some(rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::sections::{At, Sections};

    #[test]
    fn what_is_written_is_read_back() {
        let source = NewSource {
            kind: KindName::Page,
            name: Some(" A \"quoted\" name\\ ".to_owned()),
            home: Url::parse("https://a.example/").ok(),
            tags: vec!["world".to_owned(), "a'b\"c\n".to_owned()],
            every: Some(Duration::from_mins(90)),
            full_text: true,
            ..NewSource::feed("a".parse().unwrap(), Url::parse("https://a.example/?x='1'").unwrap())
        };
        let text = source.table();
        let mut sections = Sections::parse(Path::new("x.toml"), &text);
        let read: Vec<At<source::Settings>> = sections.take_each("source");
        assert_eq!(sections.finish(&["source"]), []);
        let read = &read[0].value;
        assert_eq!((read.id.as_str(), read.url.as_ref()), ("a", Some(&source.url)));
        assert_eq!(read.name.as_deref(), Some("A \"quoted\" name\\"));
        assert_eq!((read.kind, &read.tags, read.full_text), (Some(KindName::Page), &source.tags, Some(true)));
        assert_eq!(units::parse_duration(read.every.as_deref().unwrap()).unwrap(), Duration::from_mins(90));
    }

    #[test]
    fn a_table_is_taken_out_and_comments_stay() {
        let text = "# Ours\n\n[[source]]\nid = \"a\"\nurl = \"https://a.example/\"\n[source.headers]\nX = \"1\"\n\n# The second\n[[source]]\nid = \"b\"\nurl = \"https://b.example/\"\n";
        let without = |id: &str, text: &str| without(Path::new("x.toml"), text, &id.parse().unwrap());
        let rest = without("a", text).unwrap().unwrap();
        assert_eq!(rest, "# Ours\n\n# The second\n[[source]]\nid = \"b\"\nurl = \"https://b.example/\"\n");
        let rest = without("b", text).unwrap().unwrap();
        assert!(rest.ends_with("X = \"1\"\n\n# The second\n"), "{rest}");
        assert_eq!(without("b", "\n[[source]]\nid = \"b\"\nurl = \"https://b.example/\"\n"), Ok(None));
        assert!(without("c", text).is_err());
        assert!(without("a", "source = [{ id = \"a\", url = \"https://a.example/\" }]").is_err());
    }
}
