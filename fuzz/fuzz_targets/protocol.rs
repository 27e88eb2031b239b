//! What plugin and worker read from each other.
#![no_main]

use OrthancBoneMuscle::protocol::{News, Order, read_frame, write_frame};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut rest = data;
    while let Ok(Some((order, payload))) = read_frame::<Order>(&mut rest) {
        let mut written = Vec::new();
        write_frame(&mut written, &order, &payload).expect("what was read can be written");
        assert_eq!(read_frame(&mut &*written).ok().flatten(), Some((order, payload)));
    }
    let mut rest = data;
    while let Ok(Some((news, payload))) = read_frame::<News>(&mut rest) {
        write_frame(&mut Vec::new(), &news, &payload).expect("what was read can be written");
    }
});
