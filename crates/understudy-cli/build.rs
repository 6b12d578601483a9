//! The front end is built into the program: where that is built anew, so is this.

fn main() {
    println!("cargo:rerun-if-changed=../../ui/dist");
}
