//! The window's own command needs permission like any other.

fn main() {
    let manifest = tauri_build::AppManifest::new().commands(&["engine"]);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest))
        .expect("the window's settings are good");
}
