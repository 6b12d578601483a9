//! The fields of forms: Swagger 2.0 lists them as parameters, OpenAPI 3 as the members of a schema.

use super::Comparing;
use super::schemas::facets;
use crate::model::{Content, Description, In, Parameter, Style};

impl Comparing<'_> {
    /// The fields of a form, in whichever way they are described.
    pub(super) fn form_fields(&self, description: &Description, content: &Content) -> Vec<Parameter> {
        if !content.form.is_empty() {
            return content.form.clone();
        }
        let Some(schema) = content.schema else { return Vec::new() };
        let facets = facets(description.dialect, &[description.documents.at(schema)]);
        let encoding = description.documents.at(content.at).get("encoding");
        let field = |(name, schemas): &(std::borrow::Cow<'_, str>, Vec<crate::document::At<'_>>)| {
            let schema = schemas.first()?;
            let encoding = encoding.and_then(|encoding| encoding.get(name)?.resolve().ok());
            let (style, explode) = encoding.map_or((Style::Form, true), super::encoding::style);
            Some(Parameter {
                at: schema.node,
                name: name.to_string(),
                place: In::Form,
                required: facets.required.contains(name),
                style,
                explode,
                allow_empty: false,
                schema: Some(schema.node),
                is_json: false,
            })
        };
        facets.properties.iter().filter_map(field).collect()
    }
}
