//! What is remembered of a person, on this machine and in no project.

use super::App;
use super::commands::Nothing;
use crate::error::{ApiError, Code};
use crate::root::Named;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What is remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub(super) struct Preferences {
    /// How the app looks.
    pub(super) theme: Theme,
    /// Keys that are not the usual ones, by the actions' ids; empty where an action has none.
    pub(super) keys: BTreeMap<String, String>,
}

/// How the app looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub(super) enum Theme {
    /// As the system does.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
    /// With the most contrast.
    HighContrast,
}

/// The maximum size of the file, in bytes.
const BYTES_MAX: u64 = 1 << 20;

/// `$XDG_CONFIG_HOME/understudy/preferences.json`, or what the system has in its place.
fn file() -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = if cfg!(target_os = "windows") {
        variable("APPDATA")
    } else if cfg!(target_os = "macos") {
        variable("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        variable("XDG_CONFIG_HOME").or_else(|| variable("HOME").map(|home| home.join(".config")))
    };
    Some(folder?.join("understudy/preferences.json"))
}

impl App {
    /// A file that cannot be read counts as none: it holds nothing that cannot be chosen again.
    pub(super) async fn preferences(&self, _: Nothing) -> Result<Preferences, ApiError> {
        let bytes = file().and_then(|file| Named::read(&file, BYTES_MAX).ok());
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
    }

    pub(super) async fn preferences_set(&self, preferences: Preferences) -> Result<Nothing, ApiError> {
        let file = file().ok_or_else(|| {
            ApiError::new(Code::Disk, "there is no folder for preferences").with_hint("set HOME or XDG_CONFIG_HOME")
        })?;
        let text = serde_json::to_vec_pretty(&preferences).expect("preferences are JSON");
        Named::write(&file, &text)?;
        Ok(Nothing {})
    }
}
