#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "steelyard/log/files.h"

namespace steelyard::log {

/// A disk in memory that forgets what was not synced, and fails when told to.
///
/// A file has the bytes that are on the disk and the bytes that a reader sees. What was done to
/// it since its last sync is kept as a list; when the power fails, each change survives or not,
/// a write even sector by sector, and one sector may be torn at any byte. Names survive a
/// power failure in the order in which they were given, up to some point after the last sync
/// of the directory.
class SimulatedDisk final : public Files {
 public:
  enum class Call { pread, pwrite, sync, truncate, allocate, open, rename, unlink, sync_directory };

  struct Fault {
    int error = 0;             ///< errno, or 0.
    std::size_t short_by = 0;  ///< A pwrite does that much less, at least one byte.
    bool power_fails = false;  ///< Nothing works any more from here on.
  };

  /// Asked before each call that changes something or reads; `path` is that of the file.
  using Plan = std::function<Fault(Call call, const std::string& path, std::uint64_t number)>;

  void set_plan(Plan plan) {
    const std::lock_guard guard(mutex_);
    plan_ = std::move(plan);
  }

  /// Bytes that all files may have together: more is ENOSPC.
  void set_capacity(std::uint64_t bytes) {
    const std::lock_guard guard(mutex_);
    capacity_ = bytes;
  }

  std::uint64_t calls() const {
    const std::lock_guard guard(mutex_);
    return calls_;
  }
  /// Bytes that the page cache need not hold any more.
  std::uint64_t dropped() const {
    const std::lock_guard guard(mutex_);
    return dropped_;
  }
  bool power_has_failed() const {
    const std::lock_guard guard(mutex_);
    return power_has_failed_;
  }

  /// Power comes back: what a machine finds then. With `keeps_cache`, only the process died.
  void restart(std::uint64_t seed, bool keeps_cache) {
    const std::lock_guard guard(mutex_);
    std::mt19937_64 random(seed);
    plan_ = nullptr;
    power_has_failed_ = false;
    if (keeps_cache) return;
    const std::size_t kept = random() % (name_changes_.size() + 1);
    for (std::size_t i = 0; i < kept; ++i) apply(durable_names_, name_changes_[i]);
    name_changes_.clear();
    names_ = durable_names_;
    for (const auto& [name, node] : names_) lose_unsynced(*node, random);
  }

  /// The file's content, to look at and to damage.
  std::string& content(const std::string& path) { return names_.at(path)->seen; }
  bool has(const std::string& path) const { return names_.contains(path); }
  void remove(const std::string& path) {
    std::erase_if(name_changes_, [&](const NameChange& each) { return each.to == path; });
    names_.erase(path);
    durable_names_.erase(path);
    locks_.erase(path);
  }
  /// Puts an equal file in the place of one that is there.
  void replace(const std::string& path) {
    const auto other = new_node();
    other->seen = other->durable = names_.at(path)->seen;
    names_[path] = durable_names_[path] = other;
  }
  std::vector<std::string> paths() const {
    std::vector<std::string> all;
    for (const auto& [name, node] : names_) all.push_back(name);
    return all;
  }

  /// A disk with the same files, all of them durable.
  std::unique_ptr<SimulatedDisk> copy() const {
    auto other = std::make_unique<SimulatedDisk>();
    other->nodes_ = nodes_;
    for (const auto& [name, node] : names_) {
      auto clone = std::make_shared<Node>();
      clone->seen = clone->durable = node->seen;
      clone->number = node->number;
      other->names_[name] = other->durable_names_[name] = clone;
    }
    return other;
  }

  Io<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    const std::lock_guard guard(mutex_);
    if (const int error = fault(Call::open, path).error) return std::unexpected(error);
    const auto found = names_.find(path);
    if (mode == OpenMode::create) {
      if (found != names_.end()) return std::unexpected(EEXIST);
      change_names({.to = path, .node = new_node()});
    } else if (found == names_.end()) {
      return std::unexpected(ENOENT);
    }
    return std::make_unique<Handle>(*this, path, names_.at(path));
  }

  Io<void> make_directory(const std::string&) override { return {}; }

  Io<std::vector<std::string>> list(const std::string& directory) override {
    const std::lock_guard guard(mutex_);
    std::vector<std::string> names;
    for (const auto& [path, node] : names_) {
      if (!path.starts_with(directory + '/')) continue;
      std::string name = path.substr(directory.size() + 1);
      if (name.find('/') == std::string::npos) names.push_back(std::move(name));
    }
    return names;
  }

  Io<void> rename(const std::string& from, const std::string& to) override {
    const std::lock_guard guard(mutex_);
    if (const int error = fault(Call::rename, from).error) return std::unexpected(error);
    const auto found = names_.find(from);
    if (found == names_.end()) return std::unexpected(ENOENT);
    change_names({.from = from, .to = to, .node = found->second});
    return {};
  }

  Io<void> unlink(const std::string& path) override {
    const std::lock_guard guard(mutex_);
    if (const int error = fault(Call::unlink, path).error) return std::unexpected(error);
    if (!names_.contains(path)) return std::unexpected(ENOENT);
    change_names({.from = path});
    return {};
  }

  Io<void> fsync_directory(const std::string& path) override {
    const std::lock_guard guard(mutex_);
    if (const int error = fault(Call::sync_directory, path).error) return std::unexpected(error);
    const auto is_there = [&](const NameChange& each) {
      return std::filesystem::path(each.to.empty() ? each.from : each.to).parent_path() == path;
    };
    for (const NameChange& each : name_changes_) {
      if (is_there(each)) apply(durable_names_, each);
    }
    std::erase_if(name_changes_, is_there);
    return {};
  }

  Io<FileIdentity> identity(const std::string& path) override {
    const std::lock_guard guard(mutex_);
    const auto found = names_.find(path);
    if (found != names_.end()) return FileIdentity{0, found->second->number};
    const auto locked = locks_.find(path);
    if (locked != locks_.end()) return FileIdentity{0, locked->second->number};
    return std::unexpected(ENOENT);
  }

  Io<std::unique_ptr<File>> lock(const std::string& path) override {
    const std::lock_guard guard(mutex_);
    if (power_has_failed_) return std::unexpected(EIO);
    return std::make_unique<Handle>(*this, path, locks_[path] = new_node());
  }

 private:
  struct Change {
    std::uint64_t offset = 0;  ///< Of a write; of a change of size, the new size.
    std::string bytes;         ///< Empty: a change of size.
  };
  struct Node {
    std::string durable;
    std::string seen;
    std::vector<Change> unsynced;
    std::uint64_t number = 0;
  };
  struct NameChange {
    std::string from{};  ///< Empty: a new file.
    std::string to{};    ///< Empty: an unlinked one.
    std::shared_ptr<Node> node{};
  };
  using Names = std::map<std::string, std::shared_ptr<Node>>;
  static constexpr std::size_t sector_bytes = 512;

  class Handle final : public File {
   public:
    Handle(SimulatedDisk& disk, std::string path, std::shared_ptr<Node> node)
        : disk_(disk), path_(std::move(path)), node_(std::move(node)) {}

    Io<std::size_t> pread(char* to, std::size_t size, std::uint64_t offset) override {
      const std::lock_guard guard(disk_.mutex_);
      if (const int error = disk_.fault(Call::pread, path_).error) return std::unexpected(error);
      if (offset >= node_->seen.size()) return 0;
      return node_->seen.copy(to, size, offset);
    }

    Io<std::size_t> pwrite(const char* from, std::size_t size, std::uint64_t offset) override {
      const std::lock_guard guard(disk_.mutex_);
      const Fault fault = disk_.fault(Call::pwrite, path_);
      if (fault.error != 0 && !fault.power_fails) return std::unexpected(fault.error);
      std::size_t count = std::max<std::size_t>(1, size - std::min(size, fault.short_by));
      const std::uint64_t room = disk_.room() + node_->seen.size();
      if (offset >= room) return std::unexpected(ENOSPC);
      count = std::min<std::size_t>(count, room - offset);
      disk_.change(*node_, {offset, std::string(from, count)});
      if (fault.power_fails) return std::unexpected(EIO);
      return count;
    }

    Io<void> fdatasync() override {
      const std::lock_guard guard(disk_.mutex_);
      if (const int error = disk_.fault(Call::sync, path_).error) return std::unexpected(error);
      for (const Change& each : node_->unsynced) apply(node_->durable, each);
      node_->unsynced.clear();
      return {};
    }
    Io<void> fsync() override { return fdatasync(); }

    Io<void> ftruncate(std::uint64_t size) override {
      const std::lock_guard guard(disk_.mutex_);
      if (const int error = disk_.fault(Call::truncate, path_).error) {
        return std::unexpected(error);
      }
      disk_.change(*node_, {size, {}});
      return {};
    }

    Io<void> fallocate(std::uint64_t size) override {
      const std::lock_guard guard(disk_.mutex_);
      if (const int error = disk_.fault(Call::allocate, path_).error) {
        return std::unexpected(error);
      }
      if (size <= node_->seen.size()) return {};
      if (size - node_->seen.size() > disk_.room()) return std::unexpected(ENOSPC);
      disk_.change(*node_, {size, {}});
      return {};
    }

    Io<std::uint64_t> size() override {
      const std::lock_guard guard(disk_.mutex_);
      return node_->seen.size();
    }

    Io<void> drop_cache(std::uint64_t, std::uint64_t size) override {
      const std::lock_guard guard(disk_.mutex_);
      disk_.dropped_ += size;
      return {};
    }

   private:
    SimulatedDisk& disk_;
    std::string path_;
    std::shared_ptr<Node> node_;
  };

  std::shared_ptr<Node> new_node() {
    auto node = std::make_shared<Node>();
    node->number = ++nodes_;
    return node;
  }

  Fault fault(Call call, const std::string& path) {
    if (power_has_failed_) return {.error = EIO};
    const std::uint64_t number = ++calls_;
    if (!plan_) return {};
    Fault fault = plan_(call, path, number);
    if (fault.power_fails) {
      power_has_failed_ = true;
      fault.error = EIO;
    }
    return fault;
  }

  std::uint64_t room() const {
    std::uint64_t used = 0;
    for (const auto& [name, node] : names_) used += node->seen.size();
    return used < capacity_ ? capacity_ - used : 0;
  }

  static void apply(std::string& content, const Change& change) {
    if (change.bytes.empty()) {
      content.resize(change.offset, '\0');
      return;
    }
    if (content.size() < change.offset + change.bytes.size()) {
      content.resize(change.offset + change.bytes.size(), '\0');
    }
    content.replace(change.offset, change.bytes.size(), change.bytes);
  }

  static void change(Node& node, Change change) {
    apply(node.seen, change);
    node.unsynced.push_back(std::move(change));
  }

  static void lose_unsynced(Node& node, std::mt19937_64& random) {
    for (const Change& each : node.unsynced) {
      if (each.bytes.empty()) {
        if (random() % 2 == 0) apply(node.durable, each);
        continue;
      }
      const std::uint64_t share = random() % 4;  // Of the sectors that survive: 0, 1/3, 2/3, all.
      for (std::size_t at = 0; at < each.bytes.size(); at += sector_bytes) {
        if (random() % 3 >= share) continue;
        std::size_t size = std::min(sector_bytes, each.bytes.size() - at);
        if (random() % 16 == 0) size = random() % (size + 1);
        if (size > 0) apply(node.durable, {each.offset + at, each.bytes.substr(at, size)});
      }
    }
    node.unsynced.clear();
    node.seen = node.durable;
  }

  static void apply(Names& names, const NameChange& change) {
    if (!change.from.empty()) names.erase(change.from);
    if (!change.to.empty()) names[change.to] = change.node;
  }

  void change_names(NameChange change) {
    apply(names_, change);
    name_changes_.push_back(std::move(change));
  }

  mutable std::mutex mutex_;
  Plan plan_;
  std::uint64_t calls_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t capacity_ = ~std::uint64_t{0} >> 1;
  bool power_has_failed_ = false;
  Names names_;
  Names durable_names_;
  Names locks_;
  std::uint64_t nodes_ = 0;
  std::vector<NameChange> name_changes_;
};

}  // namespace steelyard::log
