#include <gtest/gtest.h>

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

class Keys : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = "/tmp/personal.XXXXXX";
    root_ = mkdtemp(pattern.data());
    std::filesystem::create_directory(root_ + "/a");
    std::filesystem::create_directory(root_ + "/b");
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  std::unique_ptr<KeyRing> open(const std::vector<std::string>& names = {"a"}) const {
    std::vector<std::string> folders;
    for (const std::string& name : names) folders.push_back(root_ + '/' + name);
    auto ring = KeyRing::open(folders, log::real_files(), server::system_random());
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
  const Owner acme_ = owner_of("default", "acme", Subject::usage);
};

TEST_F(Keys, O6_what_was_sealed_is_read_after_a_restart_and_by_its_owner_only) {
  std::string sealed;
  {
    const auto ring = open();
    sealed = ring->seal(acme_, "\"alice\"");
    EXPECT_TRUE(sealed.starts_with("sealed:1:")) << sealed;
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
  for (const char* const text :
       {"", "sealed:", "sealed:1", "sealed:1:", "sealed:0:AAAA", "sealed:2:AAAA", "sealed:1:!!",
        "sealed:99999999999999999999:AA", "sealed:1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
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
    ASSERT_EQ(before.size(), 16U + 2 * 96U);
    const std::string key = before.substr(16 + 16, 64);
    EXPECT_EQ(content("b"), before);
    EXPECT_EQ(ring->key_of(acme_), 1U);
    EXPECT_EQ(ring->destroy(acme_, 1).value_or(9), 1U);
    EXPECT_EQ(ring->destroy(acme_, 1).value_or(9), 0U);
    for (const char* const name : {"a", "b"}) {
      EXPECT_EQ(content(name).find(key), std::string::npos);
      EXPECT_EQ(content(name).substr(16 + 96), before.substr(16 + 96));
    }
    EXPECT_EQ(ring->open_text(acme_, first).state, Opened::State::erased);
  }
  const auto ring = open({"a", "b"});
  EXPECT_EQ(ring->open_text(acme_, first).state, Opened::State::erased);
  // What comes from now on has a key of its own.
  const std::string second = ring->seal(acme_, "\"alice\"");
  EXPECT_TRUE(second.starts_with("sealed:3:")) << second;
  EXPECT_EQ(ring->open_text(acme_, second).text, "\"alice\"");
  EXPECT_EQ(ring->destroy(acme_, 1).value_or(9), 0U);
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
  EXPECT_TRUE(open({"a", "b"})->damaged().empty());
  EXPECT_EQ(content("b"), whole);
  // Without another copy, it is told, and the others are as they were.
  put("a", damaged);
  const auto ring = open();
  EXPECT_EQ(ring->damaged(), std::vector<std::uint64_t>{1});
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
  ASSERT_TRUE(open({"a"})->destroy(acme_, 1).has_value());
  EXPECT_EQ(open({"b", "a"})->open_text(acme_, sealed).state, Opened::State::erased);
  EXPECT_EQ(content("b"), content("a"));
}

TEST_F(Keys, O6_where_keys_were_lost_no_later_one_takes_the_number_of_one_that_was_erased) {
  const auto ring = open();
  EXPECT_EQ(ring->destroy(acme_, 5).value_or(9), 0U);
  const std::string sealed = ring->seal(acme_, "\"alice\"");
  EXPECT_TRUE(sealed.starts_with("sealed:6:")) << sealed;
  EXPECT_EQ(ring->destroy(acme_, 5).value_or(9), 0U);
  EXPECT_EQ(ring->open_text(acme_, sealed).text, "\"alice\"");
}

TEST_F(Keys, O6_a_crash_while_keys_are_added_loses_none_that_was_used) {
  std::string sealed;
  {
    const auto ring = open();
    sealed = ring->seal(acme_, "\"alice\"");
    ASSERT_TRUE(ring->sync().has_value());
  }
  const std::string whole = content("a");
  for (std::size_t size = 0; size <= 96; ++size) {
    put("a", whole + std::string(whole.substr(16, size))
                         .replace(0, std::min<std::size_t>(size, 1), size > 0 ? "x" : ""));
    const auto ring = open();
    EXPECT_EQ(ring->open_text(acme_, sealed).text, "\"alice\"") << size;
    EXPECT_TRUE(ring->damaged().empty()) << size;
    const std::string next = ring->seal(owner_of("default", "other", Subject::usage), "\"bob\"");
    EXPECT_TRUE(next.starts_with("sealed:2:"));
    ASSERT_TRUE(ring->sync().has_value());
    EXPECT_EQ(open()->open_text(owner_of("default", "other", Subject::usage), next).text,
              "\"bob\"");
  }
  put("a", "no keys");
  const auto ring = KeyRing::open({root_ + "/a"}, log::real_files(), server::system_random());
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
  EXPECT_EQ(to,
            R"(|{"id":"1","a":{"b":"#1","c":[1.50,true]},"data":{"tags":{"u":"#2","n":5,"x":null},)"
            R"("user":"#3","a/b":null,"usage":{"user":1}}})");
  EXPECT_EQ(sealed,
            (std::vector<std::string>{"7", "\"Alice\"", R"({"name":"B\"ob","all":[1,2]})"}));
  ASSERT_TRUE(event.parse_copy(R"({"id":"1","data":{"user_2":1,"a/b":null}})"));
  EXPECT_FALSE(members.rewrite(event, [](std::string_view) { return std::string(); }, to));
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
  ASSERT_TRUE(ring->destroy(acme_, 1).has_value());
  const OpenedJson gone = opened_json(sealed.substr(0, end), acme_, *ring);
  EXPECT_EQ(gone.text,
            R"({"id":"1","subject":"acme","data":{"user":null,"tags":{"t":null,"e":null}}})");
  EXPECT_EQ(gone.erased, (std::vector<std::string>{"/data/user", "/data/tags/t", "/data/tags/e"}));
  EXPECT_EQ(opened_json("[1, ", acme_, *ring).text, "[1, ");
}

TEST_F(Keys, O6_a_text_is_sealed_once) {
  const auto ring = open();
  const Owner owner = owner_of("default", "acme", Subject::invoices);
  const std::string sealed = sealed_text("Ann \"A\" Müller", owner, *ring).value();
  EXPECT_EQ(sealed_text(sealed, owner, *ring).value(), sealed);
  EXPECT_EQ(opened_text(sealed, owner, *ring), "Ann \"A\" Müller");
  EXPECT_EQ(sealed_text("", owner, *ring).value(), "");
  EXPECT_EQ(opened_text("plain", owner, *ring), "plain");
  ASSERT_TRUE(ring->destroy(owner, 1).has_value());
  EXPECT_EQ(opened_text(sealed, owner, *ring), "");
}

}  // namespace
}  // namespace steelyard::personal
