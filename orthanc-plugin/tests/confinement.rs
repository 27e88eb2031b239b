//! A thread gives up what a worker does, and then tries all of it.
#![allow(non_snake_case, clippy::unwrap_used)]

use OrthancBoneMuscle::confinement::confine;
use std::fs;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::Command;
use std::thread;

/// A folder with libraries, models, one of which is a link into a store, and what no worker may see.
fn site() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    for name in ["libraries", "models", "models/linked", "store"] {
        fs::create_dir(place(name)).unwrap();
    }
    for name in ["libraries/libbonemuscle.so", "models/model.onnx", "store/model.onnx", "orthanc.json"] {
        fs::write(place(name), name).unwrap();
    }
    symlink(place("store/model.onnx"), place("models/linked/model.onnx")).unwrap();
    folder
}

/// What `confined` can still do, after the worker's confinement in a thread of its own; and what could not be given up.
fn after_confinement(
    site: &Path,
    confined: impl FnOnce() -> Vec<(&'static str, bool)> + Send,
) -> (Vec<&'static str>, Vec<String>) {
    let libraries = [site.join("libraries")];
    let models = [site.join("models"), site.join("none")];
    thread::scope(|scope| {
        let attempts = scope.spawn(move || {
            let unconfined = confine(&libraries, &models);
            (confined().into_iter().filter_map(|(what, succeeded)| succeeded.then_some(what)).collect(), unconfined)
        });
        attempts.join().unwrap()
    })
}

#[test]
fn network_programs_files_and_others_are_out_of_reach() {
    let folder = site();
    let site = folder.path();
    let (tcp, unix) = (TcpListener::bind("127.0.0.1:0").unwrap(), UnixListener::bind(site.join("socket")).unwrap());
    let address = tcp.local_addr().unwrap();
    let (pipe, _other) = std::io::pipe().unwrap();
    let attempts = || {
        vec![
            ("connect by TCP", TcpStream::connect(address).is_ok()),
            ("listen", TcpListener::bind("127.0.0.1:0").is_ok()),
            ("open a UDP socket", UdpSocket::bind("127.0.0.1:0").is_ok()),
            ("connect to a local socket", UnixStream::connect(site.join("socket")).is_ok()),
            ("make a pair of sockets", UnixStream::pair().is_ok()),
            ("start a program", Command::new("/bin/true").spawn().is_ok()),
            ("write a file", fs::write(site.join("models/new"), "x").is_ok()),
            ("change a file", fs::File::options().append(true).open(site.join("models/model.onnx")).is_ok()),
            ("make a folder", fs::create_dir(site.join("new")).is_ok()),
            ("delete a file", fs::remove_file(site.join("store/model.onnx")).is_ok()),
            ("rename a file", fs::rename(site.join("orthanc.json"), site.join("models/mine")).is_ok()),
            ("link a file", symlink("/etc/passwd", site.join("models/link")).is_ok()),
            ("open up a file", fs::set_permissions(site.join("orthanc.json"), fs::Permissions::from_mode(0o777)).is_ok()),
            // As by the operations that make a descriptor send signals.
            ("ask a descriptor for more than flags", rustix::pipe::fcntl_getpipe_size(&pipe).is_ok()),
            ("signal its parent", rustix::process::test_kill_process(rustix::process::getppid().unwrap()).is_ok()),
        ]
    };
    let (succeeded, unconfined) = after_confinement(site, attempts);
    let told = unconfined.iter().any(|gap| gap.contains("it may connect"));
    assert!(succeeded.is_empty() || told, "{succeeded:?} {unconfined:?}");
    drop(unix);
}

#[test]
fn only_libraries_models_and_the_system_are_read() {
    let folder = site();
    let site = folder.path();
    let parent = format!("/proc/{}/environ", std::os::unix::process::parent_id());
    let attempts = || {
        vec![
            ("library", fs::read(site.join("libraries/libbonemuscle.so")).is_ok()),
            ("model", fs::read(site.join("models/model.onnx")).is_ok()),
            ("linked model", fs::read(site.join("models/linked/model.onnx")).is_ok()),
            ("list of models", fs::read_dir(site.join("models")).is_ok()),
            ("processors", fs::read("/proc/cpuinfo").is_ok()),
            ("configuration of Orthanc", fs::read(site.join("orthanc.json")).is_ok()),
            ("list of the site", fs::read_dir(site).is_ok()),
            ("accounts", fs::read("/etc/passwd").is_ok()),
            ("environment of the parent", fs::read(&parent).is_ok()),
        ]
    };
    let (read, unconfined) = after_confinement(site, attempts);
    let needed = ["library", "model", "linked model", "list of models", "processors"];
    let told = unconfined.iter().any(|gap| gap.contains("it may read every file"));
    assert!(read == needed || told && read.starts_with(&needed), "{read:?} {unconfined:?}");
}

#[test]
fn computing_goes_on() {
    let folder = site();
    let attempts = || {
        let threads: Vec<_> =
            (0..4).map(|_| thread::spawn(|| vec![1_u8; 1 << 20].iter().map(|one| u32::from(*one)).sum())).collect();
        let sums: Vec<u32> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        let caught = std::panic::catch_unwind(|| std::panic::resume_unwind(Box::new("a codec")));
        thread::sleep(std::time::Duration::from_millis(1));
        vec![("threads", sums == [1 << 20; 4]), ("panics", caught.is_err()), ("cores", thread::available_parallelism().is_ok())]
    };
    let (succeeded, _) = after_confinement(folder.path(), attempts);
    assert_eq!(succeeded, ["threads", "panics", "cores"]);
}

#[test]
fn the_kernel_says_so_too() {
    let folder = site();
    let status = || fs::read_to_string("/proc/thread-self/status").unwrap();
    let attempts = move || {
        let status = status();
        let has = |line: &str| status.lines().any(|one| one.split_whitespace().eq(line.split_whitespace()));
        vec![
            ("Seccomp", has("Seccomp: 2")),
            ("NoNewPrivs", has("NoNewPrivs: 1")),
            ("CapEff", has("CapEff: 0000000000000000")),
            ("CapPrm", has("CapPrm: 0000000000000000")),
        ]
    };
    let (said, unconfined) = after_confinement(folder.path(), attempts);
    assert!(said == ["Seccomp", "NoNewPrivs", "CapEff", "CapPrm"] || !unconfined.is_empty(), "{said:?} {unconfined:?}");
}
