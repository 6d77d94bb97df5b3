//! Copies between memory devices, under faults and in any order of completion.

mod cancelling;
mod comparisons;
pub(crate) mod endpoints;
mod faults;
mod fitted_lanes;
mod limits;
mod nbd;
mod nbd_faults;
mod rounds;
mod served;
mod verifying;
mod whole_copies;
