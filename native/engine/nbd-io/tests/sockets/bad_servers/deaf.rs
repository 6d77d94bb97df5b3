//! Servers that read nothing: requests that cannot be sent are overdue like those that are not answered.

use super::*;

#[test]
fn what_cannot_be_sent_is_overdue_in_time() {
    for framing in ALL {
        let dir = TempDir::new();
        let (is_over, over) = std::sync::mpsc::channel();
        let server = ScriptedServer::negotiated_in(framing, &dir, move |client| {
            // Held open, and not read from.
            let _ = over.recv();
            drop(client);
        });
        let mut connection = Connection::connect(&server.uri, &impatient(framing)).unwrap();
        // More than a socket takes.
        for token in 0..16 {
            connection
                .submit(token, Command::Write { offset: 0, buffer: vec![1; 1 << 20], fua: false })
                .unwrap();
        }
        let error = connection.request(Command::Flush).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        connection.disconnect();
        is_over.send(()).unwrap();
    }
}
