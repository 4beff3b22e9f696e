#include "steelyard/log/frame_reader.h"

#include <algorithm>

#include "steelyard/log/file_io.h"

namespace steelyard::log {
namespace {

constexpr std::size_t window_bytes_min = std::size_t{32} << 10;
constexpr std::size_t window_bytes_max = std::size_t{1} << 20;

}  // namespace

/// Up to `size` bytes at the offset, fewer at the end of the file.
std::expected<std::string_view, FrameFault> FrameReader::fetch(std::size_t size, Ahead ahead) {
  if (offset_ < buffer_offset_ || offset_ + size > buffer_offset_ + buffered_) {
    std::size_t wanted = size;
    if (ahead == Ahead::yes) {
      window_bytes_ = std::clamp(window_bytes_ * 2, window_bytes_min, window_bytes_max);
      wanted = std::max(size, window_bytes_);
    }
    if (buffer_.size() < wanted) buffer_.resize(wanted);
    const Io<std::size_t> count = read_up_to(file_, buffer_.data(), wanted, offset_);
    if (!count.has_value()) {
      error_ = count.error();
      return std::unexpected(FrameFault::unreadable);
    }
    buffer_offset_ = offset_;
    buffered_ = *count;
  }
  const std::size_t begin = offset_ - buffer_offset_;
  return std::string_view(buffer_.data() + begin, std::min(size, buffered_ - begin));
}

bool FrameView::padding_is_zero() const {
  return std::ranges::all_of(bytes.substr(used_bytes()), [](char c) { return c == 0; });
}

std::expected<FrameView, FrameFault> FrameReader::next(Depth depth) {
  const auto head = fetch(frame_header_bytes, Ahead::yes);
  if (!head.has_value()) return std::unexpected(head.error());
  const auto header = decode_header(*head, store_);
  if (!header.has_value()) return std::unexpected(header.error());
  if (const auto fault = fault_in_chain(*header, at_)) return std::unexpected(*fault);
  const auto bytes = fetch(header->frame_bytes(), Ahead::yes);
  if (!bytes.has_value()) return std::unexpected(bytes.error());
  if (const auto fault = fault_in_frame(*header, *bytes, depth)) return std::unexpected(*fault);
  offset_ += header->frame_bytes();
  at_ = {at_.frame_number + 1, at_.sequence + header->record_count, hash_of_frame(*header, *bytes)};
  return FrameView{*header, *bytes};
}

std::optional<FrameFault> FrameReader::skip_to(std::uint64_t sequence) {
  while (true) {
    const auto head = fetch(frame_header_bytes, Ahead::no);
    if (!head.has_value()) return head.error();
    const auto header = decode_header(*head, store_);
    if (!header.has_value()) return header.error();
    at_.previous_hash = header->at.previous_hash;
    if (const auto fault = fault_in_chain(*header, at_)) return *fault;
    if (at_.sequence + header->record_count > sequence) return std::nullopt;
    at_ = {at_.frame_number + 1, at_.sequence + header->record_count, {}};
    offset_ += header->frame_bytes();
  }
}

}  // namespace steelyard::log
