//! What can be done in the app, declared once: menus, the palette, settings and help are made from it.

use super::App;
use super::commands::{Actions, Nothing};
use crate::error::ApiError;
use serde::Serialize;

/// Something that can be done.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Action {
    /// Stable, for programs.
    pub id: &'static str,
    /// What it is called.
    pub label: &'static str,
    /// The key, with `Mod` for Ctrl, or Cmd on macOS; empty where there is none.
    pub key: &'static str,
    /// Where it can be done: `always`, or a screen or thing that has to be there.
    pub when: &'static str,
}

const fn action(id: &'static str, label: &'static str, key: &'static str, when: &'static str) -> Action {
    Action { id, label, key, when }
}

/// All of them, in the order of menus.
const ACTIONS: &[Action] = &[
    action("palette", "Search or run a command", "Mod+K", "always"),
    action("go-to-fixture", "Go to fixture", "Mod+P", "always"),
    action("search", "Search in all fixtures", "Mod+Shift+F", "always"),
    action("show-services", "Show Services", "Mod+1", "always"),
    action("show-traffic", "Show Traffic", "Mod+2", "always"),
    action("show-record", "Show Record", "Mod+3", "always"),
    action("show-verify", "Show Verify", "Mod+4", "always"),
    action("show-coverage", "Show Coverage", "Mod+5", "always"),
    action("show-settings", "Show Settings", "Mod+,", "always"),
    action("primary", "Do what the screen is for", "Mod+Enter", "always"),
    action("fixture-new", "New fixture", "Mod+Shift+N", "service"),
    action("fixture-duplicate", "Duplicate fixture", "Mod+D", "fixture"),
    action("fixture-rename", "Rename the fixture's file", "F2", "fixture"),
    action("fixture-delete", "Delete fixture", "Delete", "fixture-in-tree"),
    action("fixture-try", "Try the fixture", "Mod+Shift+T", "fixture"),
    action("service-toggle", "Start or stop the service", "Mod+Shift+S", "service"),
    action("undo", "Undo the last change of a file", "Mod+Z", "outside-text"),
    action("redo", "Redo", "Mod+Shift+Z", "outside-text"),
    action("traffic-to-fixture", "Make a fixture of the request", "Mod+M", "exchange"),
    action("traffic-copy-curl", "Copy the request as curl", "Mod+Shift+C", "exchange"),
    action("traffic-pause", "Pause or go on listing traffic", "", "always"),
    action("traffic-clear", "Clear the traffic", "", "always"),
    action("traffic-export", "Export the traffic as HAR", "", "exchange"),
    action("filter", "Filter the list", "Mod+F", "list"),
    action("record", "Start or stop recording", "Mod+Shift+R", "always"),
    action("inbox-accept", "Make fixtures of what is chosen", "", "inbox"),
    action("coverage-update", "Update fixtures from the description", "", "coverage"),
    action("run-all", "Verify all fixtures", "", "always"),
    action("run-failed", "Verify the broken ones again", "", "always"),
    action("run-cancel", "Cancel the run", "", "always"),
    action("run-export-html", "Export the run as a page", "", "run"),
    action("run-export-junit", "Export the run as JUnit", "", "run"),
    action("run-export-json", "Export the run as JSON", "", "run"),
    action("copy-command", "Copy as command", "", "always"),
    action("choose-backend", "Choose the backend", "Mod+E", "always"),
    action("next-difference", "Next difference", "Alt+ArrowDown", "differences"),
    action("previous-difference", "Previous difference", "Alt+ArrowUp", "differences"),
    action("theme-light", "Use the light theme", "", "always"),
    action("theme-dark", "Use the dark theme", "", "always"),
    action("theme-system", "Use the system's theme", "", "always"),
    action("theme-high-contrast", "Use the theme with high contrast", "", "always"),
    action("next-region", "Next region", "F6", "always"),
    action("help", "Keys and help", "?", "outside-text"),
];

/// Every action, for hosts that have a menu of their own.
#[must_use]
pub fn actions() -> &'static [Action] {
    ACTIONS
}

impl App {
    pub(super) async fn actions(&self, _: Nothing) -> Result<Actions, ApiError> {
        Ok(Actions { actions: ACTIONS.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::ACTIONS;
    use std::collections::HashSet;

    #[test]
    fn no_key_does_two_things_and_no_name_is_there_twice() {
        let keys: Vec<&str> = ACTIONS.iter().map(|action| action.key).filter(|key| !key.is_empty()).collect();
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
        assert_eq!(ACTIONS.iter().map(|action| action.id).collect::<HashSet<_>>().len(), ACTIONS.len());
    }
}
