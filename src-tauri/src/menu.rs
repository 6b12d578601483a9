//! The native menu, made from the actions that the engine declares; the page does them.

use crate::{open, opening};
use tauri::menu::{Menu, MenuBuilder, MenuItemBuilder, SubmenuBuilder};
use tauri::{AppHandle, Emitter, Wry};
use tauri_plugin_dialog::DialogExt;

const OPEN: &str = "open-folder";
const SAMPLE: &str = "open-sample";

/// The actions of each menu, by their ids; `-` is a line between them.
const MENUS: [(&str, &[&str]); 4] = [
    ("File", &["fixture-new", "fixture-duplicate", "fixture-delete", "-", "undo", "redo"]),
    ("View", &["show-services", "show-traffic", "show-verify", "show-settings", "-", "palette", "go-to-fixture"]),
    ("Run", &["service-toggle", "fixture-try", "-", "run-all", "run-failed", "run-cancel", "-", "traffic-to-fixture"]),
    ("Help", &["help"]),
];

pub(crate) fn build(app: &AppHandle) -> tauri::Result<Menu<Wry>> {
    let actions = understudy_api::actions();
    let mut menu = MenuBuilder::new(app);
    for (title, ids) in MENUS {
        let mut part = SubmenuBuilder::new(app, title);
        if title == "File" {
            let folder = MenuItemBuilder::with_id(OPEN, "Open Folder…").accelerator("CmdOrCtrl+O").build(app)?;
            let sample = MenuItemBuilder::with_id(SAMPLE, "Open the Sample").build(app)?;
            part = part.item(&folder).item(&sample).separator();
        }
        for id in ids {
            let Some(action) = actions.iter().find(|action| action.id == *id) else {
                part = part.separator();
                continue;
            };
            // Keys are the page's: it knows whether somebody is typing.
            part = part.item(&MenuItemBuilder::with_id(action.id, action.label).build(app)?);
        }
        if title == "File" {
            part = part.separator().quit();
        }
        menu = menu.item(&part.build()?);
    }
    menu.build()
}

pub(crate) fn chosen(app: &AppHandle, id: &str) {
    // The page does what it can do, and saves what is typed before it goes; a window that is just closing does nothing.
    drop(app.emit("action", id));
}

pub(crate) fn choose_folder(app: &AppHandle) {
    let handle = app.clone();
    app.dialog().file().pick_folder(move |folder| {
        if let Some(folder) = folder.and_then(|folder| folder.into_path().ok()) {
            open(&handle, &folder);
        }
    });
}

pub(crate) fn open_sample(app: &AppHandle) {
    if let Ok(folder) = opening::sample(app) {
        open(app, &folder);
    }
}
