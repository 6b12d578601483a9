//! The first property of the product, over sockets: what is served is kept.

use crate::program::{Folder, Served, run, sample};
use understudy_fixture::write_fixture;

#[test]
fn every_fixture_that_is_served_is_kept_when_it_is_verified() {
    let folder = Folder::with_fixtures(&[]);
    for seed in 0..500 {
        folder.write(&format!("fixtures/s/made/f{seed}.yaml"), write_fixture(&understudy_testkit::fixture(seed)));
    }
    let served = Served::new(&folder.0, &[]);
    let backend = format!("http://127.0.0.1:{}", served.port);
    for jobs in ["1", "8"] {
        let (exit, stdout, stderr) = run(&folder.0, &["verify", "--backend", &backend, "--jobs", jobs]);
        assert!(exit == 0 && stdout.contains("500 kept in"), "{exit}\n{stdout}\n{stderr}");
    }
}

#[test]
fn the_sample_keeps_its_own_promises() {
    let served = Served::new(&sample(), &["--service", "theatre", "--port", "0"]);
    let backend = format!("http://127.0.0.1:{}", served.port);
    let (exit, stdout, stderr) =
        run(&sample(), &["verify", "--service", "theatre", "--backend", &backend, "--allow-writes"]);
    assert!(exit == 0 && stdout.contains("13 kept, 1 skipped in"), "{exit}\n{stdout}\n{stderr}");
}
