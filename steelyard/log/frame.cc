#include "steelyard/log/frame.h"

#include <algorithm>

#include "steelyard/base/check.h"
#include "steelyard/log/bytes.h"
#include "steelyard/log/crc32c.h"

namespace steelyard::log {
namespace {

constexpr std::string_view magic = "SYFRAME\n";

namespace field {
constexpr std::size_t store = 8;
constexpr std::size_t format = 24;
constexpr std::size_t record_count = 28;
constexpr std::size_t frame_number = 32;
constexpr std::size_t sequence = 40;
constexpr std::size_t previous_hash = 48;
constexpr std::size_t payload_bytes = 80;
constexpr std::size_t header_checksum = 84;
}  // namespace field

std::size_t aligned(std::size_t size) {
  return (size + frame_alignment - 1) / frame_alignment * frame_alignment;
}

bool ends_are_sound(const FrameHeader& header, std::string_view payload) {
  const std::size_t table_bytes = std::size_t{header.record_count} * sizeof(std::uint32_t);
  std::uint32_t last = 0;
  for (std::size_t i = 0; i < table_bytes; i += sizeof(std::uint32_t)) {
    const auto end = load<std::uint32_t>(payload.data() + i);
    if (end < last) return false;
    last = end;
  }
  return last == payload.size() - table_bytes;
}

}  // namespace

std::size_t FrameHeader::frame_bytes() const {
  return aligned(frame_header_bytes + payload_bytes + frame_trailer_bytes);
}

std::string_view text_of(FrameFault fault) {
  switch (fault) {
    case FrameFault::ends_early: return "the file ends inside the frame";
    case FrameFault::no_frame: return "there is no frame where one belongs";
    case FrameFault::header_checksum: return "the header does not fit its checksum";
    case FrameFault::payload_checksum: return "the payload does not fit its checksum";
    case FrameFault::payload_hash: return "the frame does not fit its hash";
    case FrameFault::magic: return "it is not a frame";
    case FrameFault::store: return "the frame belongs to another store";
    case FrameFault::format: return "the frame has a format that this version does not know";
    case FrameFault::frame_number: return "the frame is not the next one by its number";
    case FrameFault::sequence: return "the frame is not the next one by its sequence";
    case FrameFault::previous_hash: return "the frame does not continue the chain of hashes";
    case FrameFault::record_ends: return "the ends of the records do not fit the payload";
    case FrameFault::length: return "the length of the frame is impossible";
    case FrameFault::unreadable: return "the disk does not read it";
  }
  base::check_failed("every fault has a text", __FILE__, __LINE__);
}

bool can_be_torn(FrameFault fault) {
  return fault == FrameFault::ends_early || fault == FrameFault::no_frame ||
         fault == FrameFault::header_checksum || fault == FrameFault::payload_checksum ||
         fault == FrameFault::payload_hash;
}

std::expected<FrameHeader, FrameFault> decode_header(std::string_view bytes, const StoreId& store) {
  if (bytes.empty()) return std::unexpected(FrameFault::no_frame);
  if (bytes.size() < frame_header_bytes) return std::unexpected(FrameFault::ends_early);
  bytes = bytes.substr(0, frame_header_bytes);
  if (std::ranges::all_of(bytes, [](char c) { return c == 0; })) {
    return std::unexpected(FrameFault::no_frame);
  }
  if (crc32c(bytes.substr(0, field::header_checksum)) !=
      load<std::uint32_t>(bytes.data() + field::header_checksum)) {
    return std::unexpected(FrameFault::header_checksum);
  }
  if (!bytes.starts_with(magic)) return std::unexpected(FrameFault::magic);
  if (load<std::uint32_t>(bytes.data() + field::format) != format_version) {
    return std::unexpected(FrameFault::format);
  }
  if (load<StoreId>(bytes.data() + field::store) != store) {
    return std::unexpected(FrameFault::store);
  }
  FrameHeader header;
  header.record_count = load<std::uint32_t>(bytes.data() + field::record_count);
  header.payload_bytes = load<std::uint32_t>(bytes.data() + field::payload_bytes);
  header.at.frame_number = load<std::uint64_t>(bytes.data() + field::frame_number);
  header.at.sequence = load<std::uint64_t>(bytes.data() + field::sequence);
  header.at.previous_hash = load<Hash>(bytes.data() + field::previous_hash);
  if (header.record_count == 0 || header.payload_bytes > frame_payload_bytes_max ||
      header.payload_bytes / sizeof(std::uint32_t) < header.record_count) {
    return std::unexpected(FrameFault::length);
  }
  return header;
}

std::optional<FrameFault> fault_in_chain(const FrameHeader& header, const ChainPoint& expected) {
  if (header.at.frame_number != expected.frame_number) return FrameFault::frame_number;
  if (header.at.sequence != expected.sequence) return FrameFault::sequence;
  if (header.at.previous_hash != expected.previous_hash) return FrameFault::previous_hash;
  return std::nullopt;
}

std::optional<FrameFault> fault_in_frame(const FrameHeader& header, std::string_view bytes,
                                         Depth depth) {
  const std::size_t checked_bytes = frame_header_bytes + header.payload_bytes;
  if (bytes.size() < checked_bytes + frame_trailer_bytes) return FrameFault::ends_early;
  const std::string_view payload = bytes.substr(frame_header_bytes, header.payload_bytes);
  if (crc32c(payload) != load<std::uint32_t>(bytes.data() + checked_bytes)) {
    return FrameFault::payload_checksum;
  }
  if (depth == Depth::hash &&
      sha256(bytes.substr(0, checked_bytes)) != hash_of_frame(header, bytes)) {
    return FrameFault::payload_hash;
  }
  if (!ends_are_sound(header, payload)) return FrameFault::record_ends;
  return std::nullopt;
}

Hash hash_of_frame(const FrameHeader& header, std::string_view bytes) {
  return load<Hash>(bytes.data() + frame_header_bytes + header.payload_bytes +
                    sizeof(std::uint32_t));
}

FrameRecords::FrameRecords(const FrameHeader& header, std::string_view bytes)
    : ends_(bytes.data() + frame_header_bytes), count_(header.record_count) {
  const std::size_t table_bytes = count_ * sizeof(std::uint32_t);
  records_ = bytes.substr(frame_header_bytes + table_bytes, header.payload_bytes - table_bytes);
}

std::size_t FrameRecords::end_of(std::size_t i) const {
  return load<std::uint32_t>(ends_ + i * sizeof(std::uint32_t));
}

void FrameBuilder::clear() { batches_.clear(); }

std::string_view FrameBuilder::build(const ChainPoint& at, ChainPoint& next) {
  std::size_t record_count = 0;
  std::size_t record_bytes = 0;
  for (const Batch* batch : batches_) {
    record_count += batch->size();
    record_bytes += batch->bytes.size();
  }
  const std::size_t table_bytes = record_count * sizeof(std::uint32_t);
  FrameHeader header;
  header.record_count = static_cast<std::uint32_t>(record_count);
  header.payload_bytes = static_cast<std::uint32_t>(table_bytes + record_bytes);
  STEELYARD_CHECK(record_count > 0);
  STEELYARD_CHECK(table_bytes + record_bytes <= frame_payload_bytes_max);

  const std::size_t frame_bytes = header.frame_bytes();
  if (buffer_.size() < frame_bytes) buffer_.resize(frame_bytes);
  char* const begin = buffer_.data();
  std::ranges::copy(magic, begin);
  store(begin + field::store, store_);
  store(begin + field::format, format_version);
  store(begin + field::record_count, header.record_count);
  store(begin + field::frame_number, at.frame_number);
  store(begin + field::sequence, at.sequence);
  store(begin + field::previous_hash, at.previous_hash);
  store(begin + field::payload_bytes, header.payload_bytes);
  store(begin + field::header_checksum, crc32c({begin, field::header_checksum}));

  char* to_end = begin + frame_header_bytes;
  char* to_record = to_end + table_bytes;
  std::uint32_t base = 0;
  for (const Batch* batch : batches_) {
    for (const std::uint32_t end : batch->ends) {
      store(to_end, base + end);
      to_end += sizeof(std::uint32_t);
    }
    to_record = std::ranges::copy(batch->bytes, to_record).out;
    base += static_cast<std::uint32_t>(batch->bytes.size());
  }

  const std::size_t checked_bytes = frame_header_bytes + header.payload_bytes;
  const Hash hash = sha256({begin, checked_bytes});
  store(begin + checked_bytes, crc32c({begin + frame_header_bytes, header.payload_bytes}));
  store(begin + checked_bytes + sizeof(std::uint32_t), hash);
  std::fill(begin + checked_bytes + frame_trailer_bytes, begin + frame_bytes, '\0');
  next = {at.frame_number + 1, at.sequence + record_count, hash};
  return {begin, frame_bytes};
}

}  // namespace steelyard::log
