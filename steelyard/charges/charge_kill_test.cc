// A process that appends is killed at any moment: what is there afterwards is a beginning of
// what it appended, and position and rows agree.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "steelyard/charges/charge_store.h"
#include "steelyard/charges/facts_for_tests.h"

namespace steelyard::charges {
namespace {

constexpr Position facts_in_all = 1'500;
constexpr std::size_t batch_facts = 50;

/// In the child: appends the facts batch by batch, and says each position that is synced.
[[noreturn]] void append_until_killed(const std::filesystem::path& file, int acknowledged) {
  StoreOptions options;
  options.facts_between_rollups = 200;
  auto store = ChargeStore::open(file, options);
  if (!store.has_value()) ::_exit(2);
  const FactBatch batch = for_tests::facts(facts_in_all);
  for (Position at = 0; at < facts_in_all; at += batch_facts) {
    const Position to = at + batch_facts;
    if (!store->append(batch.facts().subspan(at, batch_facts), to).has_value()) ::_exit(3);
    if (::write(acknowledged, &to, sizeof to) != sizeof to) ::_exit(4);
  }
  ::_exit(0);
}

std::string cell(const ChargeStore& store, const std::string& sql) {
  const auto table = store.sql(sql);
  return table.has_value() ? table->rows[0][0].value_or("NULL") : table.error().detail;
}

TEST(ChargeKill, position_and_rows_agree_after_kill_9) {
  const for_tests::Folder folder(testing::TempDir());
  const std::filesystem::path file = folder / "c.duckdb";
  const FactBatch all = for_tests::facts(facts_in_all);
  int kills = 0;
  Position acknowledged = 0;
  for (int run = 0; acknowledged < facts_in_all && run < 20; ++run) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      append_until_killed(file, ends[1]);
    }
    ::close(ends[1]);
    // Kills within some later batch, at another moment of it each time.
    Position read = 0;
    for (int i = 0; i < 3 + run % 5 && ::read(ends[0], &read, sizeof read) == sizeof read; ++i) {
      acknowledged = std::max(acknowledged, read);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(700 * run % 5'000));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    while (::read(ends[0], &read, sizeof read) == sizeof read) {
      acknowledged = std::max(acknowledged, read);
    }
    ::close(ends[0]);
    if (WIFSIGNALED(status)) ++kills;
    ASSERT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0) << WEXITSTATUS(status);

    auto store = ChargeStore::open(file);
    ASSERT_TRUE(store.has_value()) << store.error().detail;
    ASSERT_FALSE(store->set_aside().has_value()) << *store->set_aside();
    const Position position = store->applied();
    EXPECT_GE(position, acknowledged);
    EXPECT_EQ(position % batch_facts, 0U);
    EXPECT_EQ(cell(*store, "SELECT count(*) FROM facts"), std::to_string(position));
    EXPECT_EQ(cell(*store, "SELECT coalesce(max(sequence), 0) FROM facts"),
              std::to_string(position));
    money::Decimal amount;
    for (const ChargedFact& fact : all.facts().first(position)) {
      for (const ChargedLine& line : fact.lines) amount += line.amount;
    }
    EXPECT_EQ(cell(*store, "SELECT coalesce(sum(amount), 0) FROM charges"), amount.to_text());
    EXPECT_EQ(cell(*store, "SELECT coalesce(sum(amount), 0) FROM hours"), amount.to_text());
    acknowledged = std::max(acknowledged, position);
  }
  EXPECT_GE(kills, 5) << "the test must kill while the child appends";
}

}  // namespace
}  // namespace steelyard::charges
