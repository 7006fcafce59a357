//! Where the database is.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;

/// `[store] url`, read. Shown without the password.
#[derive(Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// The file.
    Sqlite(PathBuf),
    /// The whole URL, which may hold a password.
    Postgres(String),
}

impl StoreUrl {
    /// Reads the text of the setting; none when it is no such URL. A file is relative to `data`.
    #[must_use]
    pub fn parse(text: &str, data: &Path) -> Option<Self> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            let options = PgConnectOptions::from_str(text).ok()?;
            return options.get_database().is_some().then(|| Self::Postgres(text.to_owned()));
        }
        let file = text.strip_prefix("sqlite:").map(|f| f.strip_prefix("//").unwrap_or(f))?;
        (!file.is_empty() && !file.starts_with(':') && !file.contains('?')).then(|| Self::Sqlite(data.join(file)))
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => path.display().fmt(f),
            Self::Postgres(url) => {
                let Ok(options) = PgConnectOptions::from_str(url) else { return f.write_str("postgres") };
                let database = options.get_database().unwrap_or_default();
                match options.get_socket() {
                    Some(socket) => write!(f, "postgres://{}@{}/{database}", options.get_username(), socket.display()),
                    None => write!(f, "postgres://{}@{}:{}/{database}", options.get_username(), options.get_host(), options.get_port()),
                }
            }
        }
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreUrl({self})")
    }
}
