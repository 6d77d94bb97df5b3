//! [`NbdUri`] to text.

use std::fmt;
use std::os::unix::ffi::OsStrExt;

use super::percent::encode;
use super::{NbdUri, TlsKind, Transport};
use crate::wire::NBD_DEFAULT_PORT;

impl fmt::Display for NbdUri {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.tls { "nbds" } else { "nbd" })?;
        out.write_str(if matches!(self.transport, Transport::Unix { .. }) { "+unix://" } else { "://" })?;
        if let Some(user) = &self.user {
            encode(user.as_bytes(), b"", out)?;
            out.write_str("@")?;
        }
        if let Transport::Tcp { host, port } = &self.transport {
            format_host(host, out)?;
            if *port != NBD_DEFAULT_PORT {
                write!(out, ":{port}")?;
            }
        }
        out.write_str("/")?;
        encode(self.export.as_bytes(), b"/", out)?;
        self.format_query(out)
    }
}

impl NbdUri {
    fn format_query(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let socket = match &self.transport {
            Transport::Unix { path } => Some(path),
            Transport::Tcp { .. } => None,
        };
        let tls = &self.tls_options;
        let kind = tls.kind.map(|kind| match kind {
            TlsKind::Anonymous => "anon",
            TlsKind::X509 => "x509",
            TlsKind::Psk => "psk",
        });
        let verify_peer = tls.verify_peer.map(|verify| if verify { "1" } else { "0" });
        let parameters = [
            ("socket", socket.map(|path| path.as_os_str().as_bytes())),
            ("tls-type", kind.map(str::as_bytes)),
            ("tls-certificates", tls.certificates.as_ref().map(|path| path.as_os_str().as_bytes())),
            ("tls-psk-file", tls.psk_file.as_ref().map(|path| path.as_os_str().as_bytes())),
            ("tls-hostname", tls.hostname.as_ref().map(String::as_bytes)),
            ("tls-verify-peer", verify_peer.map(str::as_bytes)),
        ];
        let mut separator = '?';
        for (name, value) in parameters {
            if let Some(value) = value {
                write!(out, "{separator}{name}=")?;
                encode(value, b"/", out)?;
                separator = '&';
            }
        }
        Ok(())
    }
}

fn format_host(host: &str, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    if host.contains(':') {
        out.write_str("[")?;
        encode(host.as_bytes(), b":", out)?;
        out.write_str("]")
    } else {
        encode(host.as_bytes(), b"", out)
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_users_see() {
        assert_eq!(NbdUri::tcp("example.com", 10809, "a b").to_string(), "nbd://example.com/a%20b");
        assert_eq!(NbdUri::tcp("::1", 1234, "").to_string(), "nbd://[::1]:1234/");
        assert_eq!(NbdUri::unix("/tmp/a b", "x").to_string(), "nbd+unix:///x?socket=/tmp/a%20b");
    }

    proptest! {
        #[test]
        fn parse_undoes_format(
            host in "[a-z][a-z0-9.-]{0,10}|::1|fe80::1%eth0",
            port: u16,
            export in "[^\0]{0,40}",
            path in proptest::option::of("[^\0]{1,40}"),
            tls: bool,
            user in proptest::option::of("[^\0]{1,10}"),
            hostname in proptest::option::of("[^\0]{1,10}"),
            verify_peer: Option<bool>,
        ) {
            let mut uri = NbdUri::tcp(host, port, export);
            if let Some(path) = path {
                uri.transport = Transport::Unix { path: PathBuf::from(path) };
            }
            uri.tls = tls;
            uri.user = user;
            uri.tls_options.hostname = hostname;
            uri.tls_options.verify_peer = verify_peer;
            prop_assert_eq!(uri.to_string().parse::<NbdUri>(), Ok(uri));
        }

        #[test]
        fn any_text_parses_or_is_refused(text in "(nbds?(\\+unix)?://)?.{0,60}") {
            if let Ok(uri) = text.parse::<NbdUri>() {
                prop_assert_eq!(uri.to_string().parse::<NbdUri>(), Ok(uri));
            }
        }
    }
}
