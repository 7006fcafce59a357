//! Every word of the window, in English and German, from the Fluent files in `client/assets/i18n`.
//!
//! A key that is missing shows itself; a test holds the two files and the sources against each other, so none is.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use serde::{Deserialize, Serialize};
use unic_langid::LanguageIdentifier;

const ENGLISH: &str = concat!(
    include_str!("../../assets/i18n/en/window.ftl"),
    "\n",
    include_str!("../../assets/i18n/en/live.ftl"),
    "\n",
    include_str!("../../assets/i18n/en/account.ftl"),
    "\n",
    include_str!("../../assets/i18n/en/podcast.ftl"),
    "\n",
    include_str!("../../assets/i18n/en/studio.ftl"),
    "\n",
    include_str!("../../assets/i18n/en/room.ftl"),
    "\n",
    include_str!("../../assets/i18n/en/manage.ftl"),
    "\n",
    include_str!("../../assets/i18n/en/chat.ftl"),
    "\n",
    include_str!("../../assets/i18n/en/private.ftl"),
    "\n",
    include_str!("../../assets/i18n/en/labs.ftl"),
    "\n",
    include_str!("../../assets/i18n/en/arq.ftl"),
    "\n",
    include_str!("../../assets/i18n/en/network.ftl"),
    "\n",
    include_str!("../../assets/i18n/en/classrun.ftl")
);
const GERMAN: &str = concat!(
    include_str!("../../assets/i18n/de/window.ftl"),
    "\n",
    include_str!("../../assets/i18n/de/live.ftl"),
    "\n",
    include_str!("../../assets/i18n/de/account.ftl"),
    "\n",
    include_str!("../../assets/i18n/de/podcast.ftl"),
    "\n",
    include_str!("../../assets/i18n/de/studio.ftl"),
    "\n",
    include_str!("../../assets/i18n/de/room.ftl"),
    "\n",
    include_str!("../../assets/i18n/de/manage.ftl"),
    "\n",
    include_str!("../../assets/i18n/de/chat.ftl"),
    "\n",
    include_str!("../../assets/i18n/de/private.ftl"),
    "\n",
    include_str!("../../assets/i18n/de/labs.ftl"),
    "\n",
    include_str!("../../assets/i18n/de/arq.ftl"),
    "\n",
    include_str!("../../assets/i18n/de/network.ftl"),
    "\n",
    include_str!("../../assets/i18n/de/classrun.ftl")
);

/// A language of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    English,
    German,
}

impl Language {
    /// The first of the system's languages that the window speaks; English otherwise.
    #[must_use]
    pub fn of_system() -> Self {
        Self::first_of(sys_locale::get_locales())
    }

    fn first_of(locales: impl Iterator<Item = String>) -> Self {
        let known = |locale: String| match locale.get(..2) {
            Some("de") => Some(Self::German),
            Some("en") => Some(Self::English),
            _ => None,
        };
        locales.into_iter().find_map(known).unwrap_or(Self::English)
    }

    /// The other one.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::English => Self::German,
            Self::German => Self::English,
        }
    }

    /// Its Fluent files, one after the other.
    #[must_use]
    pub fn source(self) -> &'static str {
        match self {
            Self::English => ENGLISH,
            Self::German => GERMAN,
        }
    }

    fn id(self) -> LanguageIdentifier {
        let tag = match self {
            Self::English => "en",
            Self::German => "de",
        };
        tag.parse().unwrap_or_default()
    }
}

/// The strings of one language.
pub struct Strings {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

impl std::fmt::Debug for Strings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Strings({:?})", self.language)
    }
}

impl Strings {
    /// Reads a language's file.
    #[must_use]
    pub fn new(language: Language) -> Self {
        // What the file has wrong is left out; a test sees to it that nothing is.
        let resource = FluentResource::try_new(language.source().to_owned()).unwrap_or_else(|(good, _)| good);
        let mut bundle = FluentBundle::new_concurrent(vec![language.id()]);
        // Isolation marks are for bidirectional text, which egui does not lay out.
        bundle.set_use_isolating(false);
        bundle.add_resource_overriding(resource);
        Self { language, bundle }
    }

    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// A string without parameters.
    #[must_use]
    pub fn text(&self, key: &str) -> String {
        self.with(key, None)
    }

    /// A string with parameters.
    #[must_use]
    pub fn format(&self, key: &str, args: &[(&str, FluentValue<'_>)]) -> String {
        let args: FluentArgs<'_> = args.iter().map(|(name, value)| (*name, value.clone())).collect();
        self.with(key, Some(&args))
    }

    fn with(&self, key: &str, args: Option<&FluentArgs<'_>>) -> String {
        let Some(pattern) = self.bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        self.bundle.format_pattern(pattern, args, &mut Vec::new()).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_known_language_of_the_system() {
        let check = |locales: &[&str], want| assert_eq!(Language::first_of(locales.iter().map(|l| (*l).to_owned())), want, "{locales:?}");
        check(&["de-AT"], Language::German);
        check(&["fr-FR", "de"], Language::German);
        check(&["en-GB", "de"], Language::English);
        check(&["", "x", "ä", "日本"], Language::English);
    }

    #[test]
    fn plurals_follow_the_language() {
        let strings = Strings::new(Language::German);
        assert_eq!(strings.format("catalogue-count", &[("n", 1.into())]), "1 Video");
        assert_eq!(strings.format("catalogue-count", &[("n", 3.into())]), "3 Videos");
    }
}
