//! Sessions whose drivers call them in any order, with links of any age and bytes of any kind: no call panics,
//! there is one end and nothing after it, and there is always a deadline by which it comes.
#![expect(clippy::panic, reason = "a failed test panics")]

mod operations;

use proptest::prelude::*;

use operations::{ClientBench, ServerBench, client_operation, server_operation};

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_server_takes_anything(
        config in operations::server_config(),
        websocket in any::<bool>(),
        operations in prop::collection::vec(server_operation(), 0..80),
    ) {
        let mut bench = ServerBench::new(config, websocket);
        for operation in operations {
            bench.apply(operation);
        }
        bench.finish();
    }

    #[test]
    fn a_client_takes_anything(
        config in operations::client_config(),
        websocket in any::<bool>(),
        operations in prop::collection::vec(client_operation(), 0..80),
    ) {
        let mut bench = ClientBench::new(config, websocket);
        for operation in operations {
            bench.apply(operation);
        }
        bench.finish();
    }
}
