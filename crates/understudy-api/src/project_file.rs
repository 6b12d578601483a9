//! Changes of `understudy.yaml` that keep its comments, its order and its quoting.

use crate::change::{FileChange, Place};
use crate::error::ApiError;
use crate::project::Project;
use understudy_exchange::{Json, JsonString};
use understudy_fixture::{Source, edit_source};

/// Plans a change of the project's file. `cannot` creates the error from a clause with the reason.
///
/// # Errors
/// There is no such file, it cannot be read, or its form does not allow the change.
pub(crate) fn change(
    project: &Project,
    cannot: &dyn Fn(&str) -> ApiError,
    edit: impl Fn(&mut Json) -> Option<()>,
) -> Result<FileChange, ApiError> {
    let path = project.file.as_ref().ok_or_else(|| cannot("there is no understudy.yaml to write it into"))?;
    let place = Place::of_project(&project.root, path.clone());
    let before = place.content()?.ok_or_else(|| cannot("understudy.yaml is gone"))?;
    let source = Source::new(&place.shown, before.clone()).map_err(|_| cannot("understudy.yaml cannot be read"))?;
    let text = edit_source(&source, edit);
    let after = text.map_err(|error| cannot(&format!("understudy.yaml cannot be changed: {error}")))?;
    Ok(FileChange { place, before: Some(before), after: Some(after.into_bytes()) })
}

/// Returns the member of an object with this name.
pub(crate) fn member<'v>(value: &'v mut Json, name: &str) -> Option<&'v mut Json> {
    let Json::Object(members) = value else { return None };
    members.iter_mut().find(|(known, _)| known.as_str() == name).map(|(_, value)| value)
}

/// Returns the member of an object with this name. A missing member is added.
pub(crate) fn member_or<'v>(value: &'v mut Json, name: &str, empty: Json) -> Option<&'v mut Json> {
    let Json::Object(members) = value else { return None };
    let at = members.iter().position(|(known, _)| known.as_str() == name).unwrap_or_else(|| {
        members.push((JsonString::new(name), empty));
        members.len() - 1
    });
    Some(&mut members[at].1)
}
