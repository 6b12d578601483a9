//! Adds a name whose values are not secrets, so that future recordings keep them.

use crate::change::FileChange;
use crate::error::{ApiError, Code};
use crate::project::Project;
use crate::project_file::{change, member_or};
use understudy_exchange::Json;

/// Plans to add a name to `redact: { keep: [...] }` of the project's file.
///
/// # Errors
/// The project's file cannot be changed, or has the name already.
pub(crate) fn keep_name(project: &Project, name: &str) -> Result<FileChange, ApiError> {
    if project.settings.redact.keep.iter().any(|kept| kept == name) {
        return Err(ApiError::new(Code::NothingToDo, format!("`{name}` is kept already"))
            .with_hint("recordings that were made before keep their stand-ins: record again"));
    }
    let cannot = |why: &str| {
        ApiError::new(Code::Usage, format!("`{name}` cannot be kept: {why}"))
            .with_hint(format!("write `redact: {{ keep: [{name}] }}` into understudy.yaml"))
    };
    change(project, &cannot, |tree| {
        let redact = member_or(tree, "redact", Json::Object(Vec::new()))?;
        let Json::Array(kept) = member_or(redact, "keep", Json::Array(Vec::new()))? else { return None };
        kept.push(Json::string(name));
        Some(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::open_project;
    use std::fs;

    #[test]
    fn a_name_is_added_and_everything_else_stays() {
        let folder = std::env::temp_dir().join(format!("understudy-keep-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join("understudy.yaml");
        for (before, after) in [
            ("version: 1 # one\nservices: { s: { port: 0 } }\n", "redact: {keep: [theme_token]}\n"),
            (
                "version: 1\nservices: { s: { port: 0 } }\nredact: { keep: [a] } # ours\n",
                "redact: { keep: [a, theme_token] } # ours\n",
            ),
        ] {
            fs::write(&file, before).expect("a file");
            let project = open_project(&folder).expect("a project");
            let change = keep_name(&project, "theme_token").expect("it can be kept");
            let text = String::from_utf8(change.after.expect("a text")).expect("UTF-8");
            assert!(text.ends_with(after) && text.starts_with(before.lines().next().unwrap_or("")), "{text}");
            fs::write(&file, &text).expect("a file");
            let kept = keep_name(&open_project(&folder).expect("a project"), "theme_token");
            assert_eq!(kept.expect_err("it is kept").code, Code::NothingToDo);
        }
        let _ = fs::remove_dir_all(&folder);
    }
}
