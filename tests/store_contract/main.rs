//! The store's contract, run over every backend: each promise of `courant::store` has a check here.
//!
//! A check takes any store and is listed once in the table below; a new backend adds a module that runs the table.

mod agreement;
mod archives;
mod articles;
mod clock;
mod copies;
mod files;
mod kept;
mod leases;
mod lookups;
mod push;
mod retention;
mod sources;
mod stories;
mod world;

macro_rules! contract {
    ($($theme:ident :: $check:ident),* $(,)?) => {
        contract!(@backend memory, memory, $($theme::$check),*);
        contract!(@backend sqlite, sqlite, $($theme::$check),*);
    };
    (@backend $name:ident, $open:ident, $($theme:ident :: $check:ident),*) => {
        mod $name {
            $(
                #[tokio::test]
                async fn $check() {
                    let home = crate::world::$open().await;
                    crate::$theme::$check(&*home.store).await;
                    home.store.close().await;
                }
            )*
        }
    };
}

contract! {
    sources::new_sources_are_due_at_once_and_hold_nothing,
    sources::sources_no_longer_named_are_not_claimed_and_come_back_with_their_state,
    sources::states_are_given_of_the_active_sources_that_are_asked_about,
    sources::a_refresh_under_way_when_its_source_is_removed_is_written,
    sources::paused_sources_and_their_pages_wait,
    sources::waking_makes_due_and_revives_what_is_gone,
    sources::status_counts_articles_and_pages_of_active_sources_by_id,
    sources::next_due_is_the_earliest_of_work_and_leases,
    sources::hosts_are_kept_apart_and_replaced,
    sources::times_come_back_to_the_microsecond,
    sources::the_probe_passes,
    leases::the_longest_due_comes_first_and_the_limit_holds,
    leases::one_source_can_be_claimed_alone_whatever_its_time,
    leases::what_is_leased_is_not_handed_out_until_the_lease_ends,
    leases::a_lost_lease_writes_nothing_while_the_others_are_written,
    leases::a_lease_that_ran_out_unclaimed_still_counts,
    leases::a_lease_counts_once,
    leases::released_work_is_due_as_it_was,
    leases::all_leases_can_be_ended_at_once,
    leases::lease_numbers_are_never_used_twice,
    leases::a_round_asks_every_source_once,
    leases::retry_after_holds_back_both_kinds_of_claims,
    leases::a_source_and_its_pages_are_leased_apart,
    leases::one_page_of_a_source_is_leased_at_a_time,
    leases::a_page_settled_by_others_is_lost,
    leases::replacing_a_page_leaves_its_lease,
    leases::pages_live_from_waiting_to_settled,
    leases::documents_come_with_the_claim_as_a_pair_of_validators,
    lookups::known_tells_new_same_changed_and_waiting_apart,
    lookups::the_first_alias_that_is_known_decides,
    lookups::known_takes_thousands_of_names_and_long_ones,
    lookups::aliases_belong_to_the_first_and_to_one_source,
    lookups::known_counts_and_dates_what_is_held,
    articles::every_field_comes_back,
    articles::inserting_an_id_that_exists_changes_nothing_but_adds_aliases,
    articles::a_published_id_that_is_taken_becomes_a_urn,
    articles::identity_is_pinned_whatever_an_edit_says,
    articles::an_edit_with_a_revision_keeps_what_it_replaces,
    articles::an_edit_made_from_an_older_form_loses_nothing,
    articles::an_edit_of_what_is_not_held_does_nothing,
    articles::feeds_hold_announced_articles_newest_first_with_ties_by_id,
    articles::paging_through_ties_skips_and_repeats_nothing,
    articles::a_glance_shows_an_article_as_deep_as_it_is_asked_for,
    articles::a_hint_hides_nothing_that_says_what_it_wants,
    articles::articles_asked_for_together_come_together,
    articles::selections_by_few_and_by_many_sources_agree,
    articles::removed_sources_leave_the_feeds,
    articles::many_rows_in_one_refresh_are_all_written,
    articles::finishing_from_many_tasks_at_once_writes_everything,
    push::a_refresh_begins_keeps_replaces_and_leaves_a_subscription,
    push::what_a_hub_sent_is_claimed_whatever_the_time_and_kept_until_it_is_read,
    push::an_inbox_keeps_the_newest,
    push::paused_and_removed_sources_leave_their_inbox_alone,
    push::subscribers_are_told_tried_again_and_dropped,
    push::subscribing_again_renews_and_an_ended_lease_is_forgotten,
    archives::what_is_in_an_archive_stays_in_it,
    archives::selections_bound_what_is_archived_next,
    archives::what_is_withdrawn_leaves_the_feeds_and_is_told,
    archives::articles_are_found_by_their_names,
    kept::a_kept_page_comes_back_whole_and_is_replaced,
    kept::a_page_is_kept_under_the_article_its_key_leads_to,
    kept::the_pages_fetched_first_make_room,
    kept::a_body_that_pages_share_outlives_each_of_them,
    kept::edits_without_a_refresh_are_written_as_those_of_one,
    stories::articles_are_found_by_their_keys_on_their_days,
    stories::a_story_names_all_who_tell_it_and_keeps_them,
    stories::sketches_are_those_of_the_dates_newest_first,
    stories::names_of_several_articles_are_told,
    clock::the_whole_schedule_moves_with_a_clock_that_was_set,
    clock::what_was_asked_in_the_future_counts_as_asked_now,
    clock::the_mark_of_the_clock_is_kept_and_replaced,
    clock::hosts_that_rest_are_told,
    retention::each_bound_drops_the_oldest_and_what_is_spared_stays,
    retention::what_is_dropped_is_not_held_and_never_news_again,
    retention::what_is_dropped_takes_its_revisions_pages_and_waiting_with_it,
    retention::the_names_of_what_is_dropped_stay_taken,
    retention::dropping_goes_on_where_it_was_cut_off,
    retention::documents_unseen_for_long_are_forgotten_unless_nothing_is_seen,
}
