//! Which videos of the catalogue are shown, and in which order: words, a state and an order in, places out.
//!
//! Pure functions over the snapshot; nothing here draws or remembers.

use std::cmp::Ordering;
use std::iter::Peekable;
use std::str::Chars;

use lectern_proto::control::{CatalogueEntry, VideoState};
use serde::{Deserialize, Serialize};

/// In which order the videos stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Order {
    /// By title, numbers in it by their value.
    #[default]
    Title,
    TitleDown,
    Longest,
    Shortest,
    /// What can be watched, what is being prepared, what waits, what failed.
    State,
}

impl Order {
    pub(crate) const ALL: [Self; 5] = [Self::Title, Self::TitleDown, Self::Longest, Self::Shortest, Self::State];

    /// The key of its name.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Title => "order-title",
            Self::TitleDown => "order-title-down",
            Self::Longest => "order-longest",
            Self::Shortest => "order-shortest",
            Self::State => "order-state",
        }
    }
}

/// Which states are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Filter {
    #[default]
    All,
    Ready,
    /// Waiting ones too.
    Preparing,
    Failed,
}

impl Filter {
    pub(crate) const ALL: [Self; 4] = [Self::All, Self::Ready, Self::Preparing, Self::Failed];

    /// The key of its name.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::All => "filter-all",
            Self::Ready => "filter-ready",
            Self::Preparing => "filter-preparing",
            Self::Failed => "filter-failed",
        }
    }

    /// Whether a video in this state is shown.
    pub(crate) fn takes(self, state: &VideoState) -> bool {
        match self {
            Self::All => true,
            Self::Ready => matches!(state, VideoState::Ready { .. }),
            Self::Preparing => matches!(state, VideoState::Preparing { .. } | VideoState::Waiting),
            Self::Failed => matches!(state, VideoState::Failed { .. }),
        }
    }
}

/// Places of the videos that are shown, in order. A title is shown when every word of `words` occurs in it, whatever the
/// case and the accents.
#[must_use]
pub(crate) fn arrange(videos: &[CatalogueEntry], words: &str, filter: Filter, order: Order) -> Vec<usize> {
    let wanted: Vec<String> = words.split_whitespace().map(fold).collect();
    let mut found: Vec<(String, usize)> = videos
        .iter()
        .enumerate()
        .filter(|(_, v)| filter.takes(&v.state))
        .map(|(i, v)| (fold(&v.title), i))
        .filter(|(title, _)| wanted.iter().all(|w| title.contains(w)))
        .collect();
    found.sort_by(|(title_a, a), (title_b, b)| {
        let by_title = || by_value(title_a, title_b).then(a.cmp(b));
        let length = |i: &usize| videos[*i].duration_us;
        match order {
            Order::Title => by_title(),
            Order::TitleDown => by_title().reverse(),
            Order::Longest => length(b).cmp(&length(a)).then_with(by_title),
            Order::Shortest => length(a).cmp(&length(b)).then_with(by_title),
            Order::State => rank(&videos[*a].state).cmp(&rank(&videos[*b].state)).then_with(by_title),
        }
    });
    found.into_iter().map(|(_, i)| i).collect()
}

fn rank(state: &VideoState) -> u8 {
    match state {
        VideoState::Ready { .. } => 0,
        VideoState::Preparing { .. } => 1,
        VideoState::Waiting => 2,
        VideoState::Failed { .. } => 3,
    }
}

/// Lower case without the accents of western European languages, so that `ubung` finds `Übung`.
fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for ch in text.chars().flat_map(char::to_lowercase) {
        match ch {
            'à'..='å' | 'ā' | 'ă' | 'ą' => out.push('a'),
            'ç' | 'ć' | 'č' => out.push('c'),
            'ď' | 'đ' => out.push('d'),
            'è'..='ë' | 'ē' | 'ę' | 'ě' => out.push('e'),
            'ì'..='ï' | 'ī' => out.push('i'),
            'ł' => out.push('l'),
            'ñ' | 'ń' | 'ň' => out.push('n'),
            'ò'..='ö' | 'ø' | 'ő' => out.push('o'),
            'ř' => out.push('r'),
            'ś' | 'š' | 'ş' => out.push('s'),
            'ť' | 'ţ' => out.push('t'),
            'ù'..='ü' | 'ū' | 'ů' | 'ű' => out.push('u'),
            'ý' | 'ÿ' => out.push('y'),
            'ź' | 'ž' | 'ż' => out.push('z'),
            'ß' => out.push_str("ss"),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            // A combining accent after its letter.
            '\u{300}'..='\u{36f}' => {}
            other => out.push(other),
        }
    }
    out
}

/// Compares texts; runs of digits by their value, so that `Lesson 9` comes before `Lesson 10`.
fn by_value(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.chars().peekable(), b.chars().peekable());
    loop {
        let order = match (a.peek(), b.peek()) {
            (None, None) => return Ordering::Equal,
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => number(&mut a, &mut b),
            (x, y) => {
                let order = x.cmp(&y);
                a.next();
                b.next();
                order
            }
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// Compares a run of digits of any length: without leading zeros the longer is the larger.
fn number(a: &mut Peekable<Chars<'_>>, b: &mut Peekable<Chars<'_>>) -> Ordering {
    let digits = |it: &mut Peekable<Chars<'_>>| {
        let mut run = String::new();
        while let Some(ch) = it.next_if(char::is_ascii_digit) {
            run.push(ch);
        }
        run
    };
    let (a, b) = (digits(a), digits(b));
    let (x, y) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    x.len().cmp(&y.len()).then_with(|| x.cmp(y)).then_with(|| a.len().cmp(&b.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lectern_proto::control::{FailureKind, FailureReason, VideoId};

    fn entry(title: &str, s: u64, state: VideoState) -> CatalogueEntry {
        CatalogueEntry {
            id: VideoId(title.into()),
            title: title.into(),
            duration_us: s * 1_000_000,
            width: 1280,
            height: 720,
            rungs: Vec::new(),
            state,
            thumbnail: None,
            damage: None,
        }
    }

    fn shelf() -> Vec<CatalogueEntry> {
        vec![
            entry("Lesson 10", 30, VideoState::Waiting),
            entry("lesson 9", 50, VideoState::Preparing { permille: 3, manifest: None }),
            entry("Übung zur Straße", 10, VideoState::Failed { reason: FailureReason::new(FailureKind::Empty, "") }),
            entry("Lesson 9b", 40, VideoState::Waiting),
        ]
    }

    #[test]
    fn words_find_titles() {
        let check = |words: &str, want: &[usize]| assert_eq!(arrange(&shelf(), words, Filter::All, Order::Title), want, "{words}");
        check("", &[1, 3, 0, 2]);
        check("LESS", &[1, 3, 0]);
        check("9 lesson", &[1, 3]);
        check("ubung", &[2]);
        check("strasse ÜBUNG", &[2]);
        check("U\u{308}bung", &[2]);
        check("nothing like this", &[]);
        check("   ", &[1, 3, 0, 2]);
    }

    #[test]
    fn orders_and_states() {
        let check = |filter, order, want: &[usize]| assert_eq!(arrange(&shelf(), "", filter, order), want, "{filter:?} {order:?}");
        check(Filter::All, Order::TitleDown, &[2, 0, 3, 1]);
        check(Filter::All, Order::Longest, &[1, 3, 0, 2]);
        check(Filter::All, Order::Shortest, &[2, 0, 3, 1]);
        check(Filter::All, Order::State, &[1, 3, 0, 2]);
        check(Filter::Preparing, Order::Title, &[1, 3, 0]);
        check(Filter::Failed, Order::Title, &[2]);
        check(Filter::Ready, Order::Title, &[]);
    }

    #[test]
    fn numbers_by_value() {
        let check = |a: &str, b: &str, want| assert_eq!(by_value(a, b), want, "{a} {b}");
        check("part 2", "part 10", Ordering::Less);
        check("007", "7", Ordering::Greater);
        check("7a", "007b", Ordering::Less);
        check("99999999999999999999999", "100000000000000000000000", Ordering::Less);
        check("", "0", Ordering::Less);
        check("x", "x", Ordering::Equal);
    }
}
