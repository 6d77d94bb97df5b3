//! Runs the models.
#![cfg(test)]

macro_rules! models {
    ($($module:ident::$model:ident),* $(,)?) => {
        $(#[test]
        fn $model() {
            models::$module::$model();
        })*
    };
}

models!(
    bitmap::a_mark_comes_with_its_data,
    bitmap::each_mark_is_taken_once,
    bitmap::two_rotators_leave_nothing,
    limiter::a_change_reaches_whoever_waits,
    limiter::a_worker_that_comes_meanwhile_is_not_forgotten,
    queue::a_cancel_reaches_everyone,
    queue::a_dead_worker_is_told,
    queue::a_failure_ends_all,
    queue::a_piece_that_is_given_back_is_done,
    queue::every_piece_is_done_once,
);
