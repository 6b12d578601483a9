//! Parameters, and the fields of forms that Swagger 2.0 lists as parameters.

use super::lifecycle::{Lifecycle, Lifecycles};
use super::schemas::Side;
use super::{Comparing, Here, Nodes, rule};
use crate::document::Node;
use crate::model::{Description, Dialect, In, Operation, Parameter, Style};
use crate::ready::names;
use crate::request::Part;
use crate::schema::{Direction, Types};

impl<'d> Comparing<'d> {
    pub(super) fn parameters(&mut self, old: &'d Operation, new: &'d Operation, here: &Here) {
        let (old_names, new_names) = (names(&old.path), names(&new.path));
        // A path's parameters are known by their places, all others by their names.
        let key = |parameter: &Parameter, names: &[String]| match parameter.place {
            In::Path => {
                names.iter().position(|name| *name == parameter.name).map(|place| (In::Path, place.to_string()))
            }
            In::Header => Some((In::Header, parameter.name.to_ascii_lowercase())),
            place => Some((place, parameter.name.clone())),
        };
        let find = |all: &'d [Parameter], names: &[String], wanted: &(In, String)| {
            all.iter().find(|known| key(known, names).as_ref() == Some(wanted))
        };
        for before in &old.parameters {
            let Some(key) = key(before, &old_names) else { continue };
            let here = here.at(&format!("{} {}", Part::from(before.place), before.name));
            match find(&new.parameters, &new_names, &key) {
                Some(after) => self.parameter(before, after, &here),
                None => self.parameter_gone(before, new.at, &here),
            }
        }
        for after in &new.parameters {
            if key(after, &new_names).is_some_and(|key| find(&old.parameters, &old_names, &key).is_none()) {
                let here = here.at(&format!("{} {}", Part::from(after.place), after.name));
                self.parameter_new(after, old.at, &here);
            }
        }
    }

    /// The fields of a form.
    pub(super) fn fields(&mut self, old: (&[Parameter], Node), new: (&[Parameter], Node), here: &Here) {
        let find = |all: &[Parameter], name: &str| all.iter().position(|field| field.name == name);
        for before in old.0 {
            let here = here.at(&before.name);
            match find(new.0, &before.name) {
                Some(after) => self.parameter(before, &new.0[after], &here),
                None => self.parameter_gone(before, new.1, &here),
            }
        }
        for after in new.0.iter().filter(|field| find(old.0, &field.name).is_none()) {
            self.parameter_new(after, old.1, &here.at(&after.name));
        }
    }

    fn parameter_gone(&mut self, before: &Parameter, around: Node, here: &Here) {
        let has_ended = Lifecycle::of([self.old.documents.at(before.at)]).has_ended(self.today);
        let rule = if has_ended { &rule::PARAMETER_REMOVED_AFTER_SUNSET } else { &rule::PARAMETER_REMOVED };
        self.tell(here, rule, "is gone", (Some(before.at), Some(around)));
    }

    fn parameter_new(&mut self, after: &Parameter, around: Node, here: &Here) {
        let nodes = (Some(around), Some(after.at));
        match after.required {
            true => self.tell(here, &rule::REQUIRED_PARAMETER_ADDED, "is new, and has to be there", nodes),
            false => self.tell(here, &rule::OPTIONAL_PARAMETER_ADDED, "is new", nodes),
        }
    }

    fn parameter(&mut self, old: &Parameter, new: &Parameter, here: &Here) {
        let nodes: Nodes = (Some(old.at), Some(new.at));
        match (old.required, new.required) {
            (false, true) => self.tell(here, &rule::PARAMETER_BECAME_REQUIRED, "has to be there now", nodes),
            (true, false) => self.tell(here, &rule::PARAMETER_BECAME_OPTIONAL, "may be missing now", nodes),
            _ => {}
        }
        match (old.allow_empty, new.allow_empty) {
            (false, true) => self.tell(here, &rule::PARAMETER_EMPTY_ALLOWED, "may be without a value now", nodes),
            (true, false) => {
                self.tell(here, &rule::PARAMETER_EMPTY_REFUSED, "may not be without a value any more", nodes);
            }
            _ => {}
        }
        let types = |description: &'d Description, parameter: &Parameter| {
            Side::of(description, &parameter.schema.into_iter().collect::<Vec<_>>()).types()
        };
        let types = types(self.old, old).or(types(self.new, new));
        if written(old, types) != written(new, types) {
            let message = "is written in another way now (`style`, `explode` or `content`)";
            self.tell(here, &rule::PARAMETER_STYLE_CHANGED, message, nodes);
        }
        // In Swagger 2.0 a parameter is its own schema, which tells of its end.
        if [self.old, self.new].iter().all(|description| description.dialect != Dialect::Swagger2) {
            self.lifecycle(here, Lifecycles::of_parameters, nodes);
        }
        self.schema(old.schema, new.schema, Direction::Request, here);
    }
}

/// Returns the serialization of a value of these types, without settings that make no difference for them.
fn written(parameter: &Parameter, types: Types) -> (Style, bool, bool) {
    let Parameter { style, explode, is_json, place, .. } = *parameter;
    // Swagger 2.0 writes lists with commas in every place.
    let style = match (style, place) {
        (Style::Simple, In::Query | In::Form | In::Cookie) => Style::Form,
        (style, _) => style,
    };
    if is_json {
        return (Style::Simple, false, true);
    }
    let has_lists = types.has(Types::ARRAY);
    let has_objects = types.has(Types::OBJECT);
    match (has_lists, has_objects) {
        // One value is written alike in most styles.
        (false, false) => match style {
            Style::Label | Style::Matrix => (style, false, false),
            _ => (Style::Simple, false, false),
        },
        // A list in a path or a header field is written alike, exploded or not.
        (true, false) if style == Style::Simple => (style, false, false),
        _ => (style, explode, false),
    }
}
