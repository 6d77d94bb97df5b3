//! The client and the server over real sockets: with each other, and with peers that misbehave.
#![cfg(test)]
#![expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the tests' numbers are small")]

mod bad_clients;
mod bad_servers;
mod bitmaps;
mod devices;
mod framings;
mod lifecycle;
mod pages;
mod pair;
mod pipeline;
mod pki;
mod raw_client;
mod requests;
mod scripted_server;
mod servers_that_misbehave;
mod setup;
mod small_requests;
mod tls;
mod tls_credentials;
mod tls_peers_that_misbehave;
