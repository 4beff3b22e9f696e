#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "steelyard/personal/texts.h"
#include "steelyard/server/clock.h"

namespace steelyard::personal {
namespace {

TEST(Sealing, O6_is_deterministic_and_bound_to_its_owner) {
  Key key{};
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<unsigned char>(i);
  const Sealer sealer(key, "owner");
  const std::string sealed = sealer.seal("alice");
  EXPECT_EQ(sealed.size(), 16U + 5U);
  EXPECT_EQ(sealed, sealer.seal("alice"));
  EXPECT_EQ(sealed, Sealer(key, "owner").seal("alice"));
  EXPECT_NE(sealed, Sealer(key, "other").seal("alice"));
  EXPECT_EQ(unseal(key, "owner", sealed), "alice");
  EXPECT_EQ(unseal(key, "other", sealed), std::nullopt);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_EQ(unseal(key, "owner", changed), std::nullopt) << i;
  }
  Key wrong = key;
  wrong[0] ^= 1;
  EXPECT_EQ(unseal(wrong, "owner", sealed), std::nullopt);
  EXPECT_EQ(unseal(key, "owner", ""), std::nullopt);
  EXPECT_EQ(unseal(key, "owner", sealed.substr(0, 16)), std::nullopt);
}

constexpr std::size_t record_bytes = 104;

class Keys : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = "/tmp/personal.XXXXXX";
    root_ = mkdtemp(pattern.data());
    std::filesystem::create_directory(root_ + "/a");
    std::filesystem::create_directory(root_ + "/b");
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  KeyRing::Sources sources() const {
    return {server::system_random(), [this] { return now_; }};
  }
  std::unique_ptr<KeyRing> open(const std::vector<std::string>& names = {"a"}) const {
    std::vector<std::string> folders;
    for (const std::string& name : names) folders.push_back(root_ + '/' + name);
    auto ring = KeyRing::open(folders, log::real_files(), sources());
    EXPECT_TRUE(ring.has_value()) << ring.error().detail;
    return ring.has_value() ? *std::move(ring) : nullptr;
  }
  std::string file(const std::string& name) const {
    return root_ + '/' + name + '/' + std::string(KeyRing::file_name);
  }
  std::string content(const std::string& name) const {
    std::ifstream from(file(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(from), {}};
  }
  void put(const std::string& name, const std::string& bytes) const {
    std::ofstream(file(name), std::ios::binary | std::ios::trunc) << bytes;
  }

  std::string root_;
  std::int64_t now_ = 1'000;
  const Owner acme_ = owner_of("default", "acme", Subject::usage);
};

TEST_F(Keys, O6_what_was_sealed_is_read_after_a_restart_and_by_its_owner_only) {
  std::string sealed;
  {
    const auto ring = open();
    sealed = ring->seal(acme_, "\"alice\"");
    EXPECT_TRUE(sealed.starts_with("sealed:")) << sealed;
    EXPECT_EQ(ring->seal(acme_, "\"alice\""), sealed);
    ASSERT_TRUE(ring->sync().has_value());
  }
  const auto ring = open();
  EXPECT_EQ(ring->open_text(acme_, sealed).text, "\"alice\"");
  EXPECT_EQ(ring->seal(acme_, "\"alice\""), sealed);
  for (const Owner& other :
       {owner_of("twin", "acme", Subject::usage), owner_of("default", "acme2", Subject::usage),
        owner_of("default", "acme", Subject::invoices)}) {
    EXPECT_EQ(ring->open_text(other, sealed).state, Opened::State::foreign);
  }
  const std::string name = sealed.substr(7, 11);  // Eight bytes as base64url.
  for (const std::string& text :
       {std::string(), std::string("sealed:"), "sealed:" + name, "sealed:" + name + ":",
        std::string("sealed:AAAAAAAAAAA:AAAA"), "sealed:" + name + ":!!", "sealed:" + name + "A:AA",
        "sealed:" + name + ":AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
    EXPECT_EQ(ring->open_text(acme_, text).state, Opened::State::foreign) << text;
  }
}

TEST_F(Keys, O6_a_key_that_is_destroyed_is_nowhere_any_more) {
  std::string first;
  {
    const auto ring = open({"a", "b"});
    first = ring->seal(acme_, "\"alice\"");
    (void)ring->seal(owner_of("default", "other", Subject::usage), "\"bob\"");
    ASSERT_TRUE(ring->sync().has_value());
    const std::string before = content("a");
    ASSERT_EQ(before.size(), 16U + 2 * record_bytes);
    const std::string key = before.substr(16 + 16, 64);
    EXPECT_EQ(content("b"), before);
    EXPECT_EQ(ring->destroy(acme_, ring->erasure_micros()).value_or(9), 1U);
    EXPECT_EQ(ring->destroy(acme_, ring->erasure_micros()).value_or(9), 0U);
    for (const char* const name : {"a", "b"}) {
      EXPECT_EQ(content(name).find(key), std::string::npos);
      EXPECT_EQ(content(name).substr(16 + record_bytes), before.substr(16 + record_bytes));
    }
    EXPECT_EQ(ring->open_text(acme_, first).state, Opened::State::erased);
  }
  const auto ring = open({"a", "b"});
  EXPECT_EQ(ring->open_text(acme_, first).state, Opened::State::erased);
  // What comes from now on has a key of its own, whatever the clock says.
  now_ = 5;
  const std::int64_t until = ring->erasure_micros();
  const std::string second = ring->seal(acme_, "\"alice\"");
  EXPECT_NE(second, first);
  EXPECT_EQ(ring->open_text(acme_, second).text, "\"alice\"");
  EXPECT_EQ(ring->destroy(acme_, until).value_or(9), 0U);
  EXPECT_EQ(ring->open_text(acme_, second).text, "\"alice\"");
}

TEST_F(Keys, O6_what_one_of_two_folders_lost_comes_from_the_other) {
  std::string sealed;
  std::string other;
  {
    const auto ring = open({"a", "b"});
    sealed = ring->seal(acme_, "\"alice\"");
    other = ring->seal(owner_of("default", "other", Subject::usage), "\"bob\"");
    ASSERT_TRUE(ring->sync().has_value());
  }
  const std::string whole = content("a");
  std::filesystem::remove(file("a"));
  EXPECT_EQ(open({"a", "b"})->open_text(acme_, sealed).text, "\"alice\"");
  EXPECT_EQ(content("a"), whole);
  std::string damaged = whole;
  damaged[16 + 20] ^= 1;
  put("b", damaged);
  EXPECT_EQ(open({"a", "b"})->damaged_count(), 0U);
  EXPECT_EQ(content("b"), whole);
  // Without another copy, it is told, and the others are as they were.
  put("a", damaged);
  const auto ring = open();
  EXPECT_EQ(ring->damaged_count(), 1U);
  EXPECT_EQ(ring->open_text(acme_, sealed).state, Opened::State::erased);
  EXPECT_EQ(ring->open_text(owner_of("default", "other", Subject::usage), other).text, "\"bob\"");
}

TEST_F(Keys, O6_a_copy_in_which_a_key_lives_on_does_not_bring_it_back) {
  std::string sealed;
  {
    const auto ring = open({"a"});
    sealed = ring->seal(acme_, "\"alice\"");
    ASSERT_TRUE(ring->sync().has_value());
  }
  put("b", content("a"));
  const auto ring = open({"a"});
  ASSERT_TRUE(ring->destroy(acme_, ring->erasure_micros()).has_value());
  EXPECT_EQ(open({"b", "a"})->open_text(acme_, sealed).state, Opened::State::erased);
  EXPECT_EQ(content("b"), content("a"));
}

TEST_F(Keys, O6_what_the_log_says_is_erased_is_so_in_a_file_of_before_and_no_later_key_is) {
  std::string old;
  {
    const auto ring = open();
    old = ring->seal(acme_, "\"alice\"");
    ASSERT_TRUE(ring->sync().has_value());
  }
  const std::string before = content("a");
  // The file is lost: another key, which is not the old one, and an erasure.
  std::filesystem::remove(file("a"));
  std::int64_t until = 0;
  {
    const auto ring = open();
    EXPECT_EQ(ring->open_text(acme_, old).state, Opened::State::foreign);
    (void)ring->seal(acme_, "\"alice\"");
    until = ring->erasure_micros();
    ASSERT_EQ(ring->destroy(acme_, until).value_or(9), 1U);
  }
  // It is found again.
  put("a", before);
  const auto ring = open();
  EXPECT_EQ(ring->open_text(acme_, old).text, "\"alice\"");
  EXPECT_EQ(ring->destroy(acme_, until).value_or(9), 1U);
  EXPECT_EQ(ring->open_text(acme_, old).state, Opened::State::erased);
  const std::string next = ring->seal(acme_, "\"alice\"");
  EXPECT_EQ(ring->destroy(acme_, until).value_or(9), 0U);
  EXPECT_EQ(ring->open_text(acme_, next).text, "\"alice\"");
}

TEST_F(Keys, O6_a_damaged_key_is_told_and_is_destroyed_with_its_owner) {
  std::string sealed;
  {
    const auto ring = open();
    sealed = ring->seal(acme_, "\"alice\"");
    ASSERT_TRUE(ring->sync().has_value());
  }
  std::string damaged = content("a");
  damaged[16 + 20] ^= 1;
  put("a", damaged);
  const std::string key = damaged.substr(16 + 16, 64);
  const auto ring = open();
  EXPECT_EQ(ring->damaged_count(), 1U);
  EXPECT_EQ(ring->open_text(owner_of("default", "b", Subject::usage), sealed).state,
            Opened::State::foreign);
  EXPECT_EQ(ring->destroy(acme_, ring->erasure_micros()).value_or(9), 1U);
  EXPECT_EQ(content("a").find(key), std::string::npos);
  EXPECT_EQ(open()->damaged_count(), 0U);
}

TEST_F(Keys, O6_a_key_that_can_not_be_overwritten_seals_nothing_more) {
  const auto ring = open({"a", "b"});
  std::filesystem::create_directory(file("b"));  // No file can be there.
  const std::string sealed = ring->seal(acme_, "\"alice\"");
  EXPECT_FALSE(ring->sync().has_value());
  EXPECT_FALSE(ring->destroy(acme_, ring->erasure_micros()).has_value());
  EXPECT_EQ(ring->open_text(acme_, sealed).state, Opened::State::erased);
  EXPECT_NE(ring->seal(acme_, "\"alice\""), sealed);
  EXPECT_FALSE(ring->sync().has_value());
  std::filesystem::remove(file("b"));
  EXPECT_TRUE(ring->sync().has_value());
  EXPECT_EQ(content("a"), content("b"));
}

/// A disk whose folders can not be listed.
class NoList final : public log::Files {
 public:
  log::Io<std::unique_ptr<log::File>> open(const std::string& path, log::OpenMode mode) override {
    return real_.open(path, mode);
  }
  log::Io<void> make_directory(const std::string& path) override {
    return real_.make_directory(path);
  }
  log::Io<std::vector<std::string>> list(const std::string&) override {
    return std::unexpected(EMFILE);
  }
  log::Io<void> rename(const std::string& from, const std::string& to) override {
    return real_.rename(from, to);
  }
  log::Io<void> unlink(const std::string& path) override { return real_.unlink(path); }
  log::Io<void> fsync_directory(const std::string& path) override {
    return real_.fsync_directory(path);
  }
  log::Io<log::FileIdentity> identity(const std::string& path) override {
    return real_.identity(path);
  }
  log::Io<std::unique_ptr<log::File>> lock(const std::string& path) override {
    return real_.lock(path);
  }

 private:
  log::Files& real_ = log::real_files();
};

TEST_F(Keys, O6_a_folder_that_can_not_be_read_is_not_one_without_keys) {
  NoList files;
  const auto ring = KeyRing::open({root_ + "/a"}, files, sources());
  ASSERT_FALSE(ring.has_value());
  EXPECT_EQ(ring.error().code, ErrorCode::storage_failed);
}

TEST_F(Keys, O6_a_crash_while_keys_are_added_loses_none_that_was_used) {
  std::string sealed;
  {
    const auto ring = open();
    sealed = ring->seal(acme_, "\"alice\"");
    ASSERT_TRUE(ring->sync().has_value());
  }
  const Owner other = owner_of("default", "other", Subject::usage);
  const std::string whole = content("a");
  for (std::size_t size = 0; size < record_bytes; ++size) {
    for (const std::string& tail : {whole.substr(16, size), std::string(size, '\0')}) {
      put("a", whole + tail);
      const auto ring = open();
      EXPECT_EQ(ring->open_text(acme_, sealed).text, "\"alice\"") << size;
      EXPECT_EQ(ring->damaged_count(), 0U) << size;
      const std::string next = ring->seal(other, "\"bob\"");
      ASSERT_TRUE(ring->sync().has_value());
      EXPECT_EQ(open()->open_text(other, next).text, "\"bob\"") << size;
    }
  }
  for (std::size_t size = 0; size < 16; ++size) {  // The header too.
    put("a", whole.substr(0, size));
    const std::string next = [&] {
      const auto ring = open();
      std::string text = ring->seal(other, "\"bob\"");
      EXPECT_TRUE(ring->sync().has_value());
      return text;
    }();
    EXPECT_EQ(open()->open_text(other, next).text, "\"bob\"") << size;
  }
  put("a", "no keys");
  const auto ring = KeyRing::open({root_ + "/a"}, log::real_files(), sources());
  ASSERT_FALSE(ring.has_value());
  EXPECT_EQ(ring.error().code, ErrorCode::file_is_malformed);
}

TEST(Members, O6_nothing_that_a_charge_follows_from_can_be_sealed) {
  for (const char* const pointer : {"/id",
                                    "/source",
                                    "/subject",
                                    "/time",
                                    "/type",
                                    "/specversion",
                                    "/data",
                                    "/data/model",
                                    "/data/usage",
                                    "/data/usage/prompt_tokens",
                                    "/data/meters/hours",
                                    "/data/attributes/region",
                                    "/data/api_key",
                                    "/data/lines",
                                    "/data/credit",
                                    "/data/reason",
                                    "/data/project",
                                    "/data/hold",
                                    "",
                                    "data/tags",
                                    "/",
                                    "/data/",
                                    "/data//user",
                                    "/data/~2",
                                    "/data/tags/a~"}) {
    EXPECT_FALSE(Members::read({pointer}).has_value()) << pointer;
  }
  EXPECT_FALSE(Members::read({'/' + std::string(250, 'x')}).has_value());
  EXPECT_FALSE(Members::read(std::vector<std::string>(33, "/data/tags")).has_value());
  for (const char* const pointer : {"/data/tags", "/data/tags/user", "/data/end_user", "/enduser",
                                    "/data/a~1b", "/data/x/id"}) {
    EXPECT_TRUE(Members::read({pointer}).has_value()) << pointer;
  }
}

TEST(Members, O6_members_are_sealed_whole_and_tags_each_by_itself) {
  const Members members =
      *Members::read({"/data/tags", "/data/user", "/a/b", "/data/a~1b", "/data/absent"});
  json::Document event;
  ASSERT_TRUE(event.parse_copy(
      R"({"id":"1", "a":{"b":7,"c":[1.50,true]},"data":{"tags":{"u":"\u0041lice","n":5,"x":null},)"
      R"("user":{"name":"B\"ob","all":[1, 2]},"a/b":null,"usage":{"user":1}}})"));
  std::string to = "|";
  std::vector<std::string> sealed;
  EXPECT_TRUE(members.rewrite(
      event,
      [&](std::string_view json) {
        sealed.emplace_back(json);
        return "#" + std::to_string(sealed.size());
      },
      to));
  EXPECT_EQ(
      to,
      R"(|{"id":"1","a":{"b":"#1","c":[1.50,true]},"data":{"tags":{"u":"#2","n":"#3","x":null},)"
      R"("user":"#4","a/b":null,"usage":{"user":1}}})");
  EXPECT_EQ(sealed,
            (std::vector<std::string>{"7", "\"Alice\"", "5", R"({"all":[1,2],"name":"B\"ob"})"}));
  ASSERT_TRUE(event.parse_copy(R"({"id":"1","data":{"user_2":1,"a/b":null}})"));
  EXPECT_FALSE(members.rewrite(event, [](std::string_view) { return std::string(); }, to));
}

TEST(Members, O6_tags_of_resources_and_elements_of_lists_are_sealed_whatever_they_are) {
  const Members members = *Members::read({"/data/tags/user", "/data/users/1/name", "/data/list/0"});
  const auto rewritten = [&](const std::string& text) {
    json::Document event;
    EXPECT_TRUE(event.parse_copy(text));
    std::string to;
    (void)members.rewrite(
        event, [](std::string_view json) { return '<' + std::string(json) + '>'; }, to);
    return to;
  };
  EXPECT_EQ(rewritten(R"({"type":"cloud.resource.usage","data":{"tags":{"user":13812345678}}})"),
            R"({"type":"cloud.resource.usage","data":{"tags":{"user":"<13812345678>"}}})");
  EXPECT_EQ(
      rewritten(R"({"type":"cloud.resource.usage","data":{"tags":{"user":{"b":1,"a":[2]}}}})"),
      R"({"type":"cloud.resource.usage","data":{"tags":{"user":"<{\"a\":[2],\"b\":1}>"}}})");
  EXPECT_EQ(rewritten(R"({"data":{"users":[{"name":"x"},{"name":"y"}],"list":[7,8]}})"),
            R"({"data":{"users":[{"name":"x"},{"name":"<\"y\">"}],"list":["<7>",8]}})");
  EXPECT_EQ(rewritten(R"({"type":"ai.model.call","data":{"tags":{"user":7}}})"), "");
}

TEST_F(Keys, O6_events_are_sealed_and_opened_line_by_line) {
  const auto ring = open();
  const Members members = *Members::read({"/data/tags", "/data/user"});
  const std::string event =
      R"({"id":"1","subject":"acme","data":{"user":{"mail":"a@example.org"},"tags":{"t":"x","e":""}}})";
  const std::string lines = event + "\nno json\n{\"id\":\"2\",\"data\":{\"user\":1}}\n\n[1]\n" +
                            R"({"id":"3","subject":"acme","data":{}})";
  const std::string sealed = sealed_events(lines, members, "default", *ring).value();
  EXPECT_EQ(sealed.find("example.org"), std::string::npos);
  const std::size_t end = sealed.find('\n');
  EXPECT_EQ(sealed.substr(end), lines.substr(lines.find('\n')));
  // Sending it again is sending the same, and what is sealed is not sealed once more.
  EXPECT_EQ(sealed_events(lines, members, "default", *ring).value(), sealed);
  EXPECT_EQ(sealed_events(sealed, members, "default", *ring).value(), sealed);
  const OpenedJson opened = opened_json(sealed.substr(0, end), acme_, *ring);
  EXPECT_EQ(opened.text, event);
  EXPECT_TRUE(opened.erased.empty());
  // Of another account's it stays as it is.
  EXPECT_EQ(
      opened_json(sealed.substr(0, end), owner_of("default", "b", Subject::usage), *ring).text,
      sealed.substr(0, end));
  ASSERT_TRUE(ring->destroy(acme_, ring->erasure_micros()).has_value());
  const OpenedJson gone = opened_json(sealed.substr(0, end), acme_, *ring);
  EXPECT_EQ(gone.text,
            R"({"id":"1","subject":"acme","data":{"user":null,"tags":{"t":null,"e":null}}})");
  EXPECT_EQ(gone.erased, (std::vector<std::string>{"/data/user", "/data/tags/t", "/data/tags/e"}));
  EXPECT_EQ(opened_json("[1, ", acme_, *ring).text, "[1, ");
  // A correction of what was erased brings its sealed texts along: they stay erased.
  const std::string again = sealed_events(sealed.substr(0, end), members, "default", *ring).value();
  EXPECT_NE(again, sealed.substr(0, end));
  EXPECT_EQ(opened_json(again, acme_, *ring).text, gone.text);
}

TEST_F(Keys, O6_a_text_is_sealed_once) {
  const auto ring = open();
  const Owner owner = owner_of("default", "acme", Subject::invoices);
  const std::string sealed = sealed_text("Ann \"A\" Müller", owner, *ring).value();
  EXPECT_EQ(sealed_text(sealed, owner, *ring).value(), sealed);
  EXPECT_EQ(opened_text(sealed, owner, *ring), "Ann \"A\" Müller");
  EXPECT_EQ(sealed_text("", owner, *ring).value(), "");
  EXPECT_EQ(opened_text("plain", owner, *ring), "plain");
  ASSERT_TRUE(ring->destroy(owner, ring->erasure_micros()).has_value());
  EXPECT_EQ(opened_text(sealed, owner, *ring), "");
}

}  // namespace
}  // namespace steelyard::personal
