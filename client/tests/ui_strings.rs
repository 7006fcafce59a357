//! Both languages say the same things, and the sources use nothing else.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use lectern::ui::strings::{Language, Strings};

/// Keys of a Fluent file with the parameters that each uses.
fn keys(language: Language) -> BTreeMap<String, BTreeSet<String>> {
    let mut keys = BTreeMap::<String, BTreeSet<String>>::new();
    let mut current = String::new();
    for line in language.source().lines().filter(|l| !l.starts_with('#')) {
        if let Some((key, _)) = line.split_once('=').filter(|(k, _)| !k.starts_with([' ', '}'])) {
            current = key.trim().to_owned();
            assert!(keys.insert(current.clone(), BTreeSet::new()).is_none(), "{current} stands twice in {language:?}");
        }
        for part in line.split('{').skip(1) {
            if let Some(name) = part.trim_start().strip_prefix('$') {
                let name: String = name.chars().take_while(|c| c.is_alphanumeric()).collect();
                keys.get_mut(&current).unwrap().insert(name);
            }
        }
    }
    keys
}

/// Every word between quotes in the window's sources that has the form of a key.
fn used(known: &BTreeSet<&str>) -> BTreeSet<String> {
    fn sources(folder: &Path, out: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { sources(&path, out) } else { out.push(path) }
        }
    }
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ui"), &mut files);
    assert!(files.len() > 15, "{files:?}");
    let mut used = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for call in ["text(\"", "format(\""] {
            used.extend(text.split(call).skip(1).filter_map(|rest| rest.split('"').next()).filter(|k| k.contains('-')).map(str::to_owned));
        }
        let words = text.split('"').filter(|w| known.contains(w));
        used.extend(words.map(str::to_owned));
    }
    used
}

#[test]
fn both_languages_have_the_same_keys_and_parameters() {
    assert_eq!(keys(Language::English), keys(Language::German));
}

#[test]
fn every_key_that_is_used_exists_and_every_key_is_used() {
    let known = keys(Language::English);
    let known: BTreeSet<&str> = known.keys().map(String::as_str).collect();
    let used = used(&known);
    let missing: Vec<_> = used.iter().filter(|k| !known.contains(k.as_str())).collect();
    assert!(missing.is_empty(), "not in the files: {missing:?}");
    let idle: Vec<_> = known.iter().filter(|k| !used.contains(**k)).collect();
    assert!(idle.is_empty(), "never used: {idle:?}");
}

#[test]
fn every_string_can_be_formatted() {
    for language in [Language::English, Language::German] {
        let strings = Strings::new(language);
        for (key, parameters) in keys(language) {
            let args: Vec<_> = parameters.iter().map(|p| (p.as_str(), 3.into())).collect();
            let text = strings.format(&key, &args);
            assert!(!text.is_empty() && text != key && !text.contains(['{', '}', '$']), "{language:?}, {key}: {text}");
        }
    }
}
