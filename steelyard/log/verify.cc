#include "steelyard/log/verify.h"

#include <algorithm>
#include <vector>

#include "steelyard/log/file_io.h"
#include "steelyard/log/frame_reader.h"
#include "steelyard/log/recovery.h"
#include "steelyard/log/segment.h"
#include "steelyard/log/watermark.h"

namespace steelyard::log {
namespace {

std::optional<Error> damage_of(const Segment& segment, const FrameReader& reader,
                               std::string_view why) {
  return Error{ErrorCode::log_is_damaged,
               place_in(segment, reader.offset(), reader.at().sequence, why)};
}

/// Walks the sound frames of a segment, then says what ends them.
FrameFault walk(FrameReader& reader, const Segment& segment, Report& report,
                const std::function<void(const ChainPoint&)>& sound_frame) {
  while (true) {
    const std::uint64_t offset = reader.offset();
    const std::uint64_t sequence = reader.at().sequence;
    const auto frame = reader.next(Depth::hash);
    if (!frame.has_value()) return frame.error();
    if (!frame->padding_is_zero()) {
      report.damage = Error{ErrorCode::log_is_damaged,
                            place_in(segment, offset, sequence, "the padding is not zeros")};
      return FrameFault::length;
    }
    ++report.frames;
    report.records += frame->header.record_count;
    report.bytes += frame->bytes.size();
    report.head = reader.at();
    sound_frame(report.head);
  }
}

Result<void> check_last(File& file, const Segment& segment, const std::optional<Watermark>& mark,
                        Report& report) {
  Result<TailFound> tail = find_tail(file, segment, report.store, mark);
  if (!tail.has_value() && tail.error().code == ErrorCode::storage_failed) {
    return std::unexpected(tail.error());
  }
  if (!tail.has_value()) {
    report.damage = tail.error();
  } else {
    report.torn_bytes = tail->torn_bytes;
  }
  return {};
}

}  // namespace

Result<Report> verify(const std::string& directory, Files& files,
                      const std::function<void(const ChainPoint&)>& sound_frame) {
  const std::string log_directory = directory + "/log";
  Report report;
  STEELYARD_TRY(store, read_store_id(files, directory));
  report.store = store;
  // Before the segments: a server may write on meanwhile.
  Result<std::optional<Watermark>> mark = read_watermark(files, log_directory, store);
  Result<std::vector<Segment>> segments = list_segments(files, log_directory, store);
  for (const Error* error : {mark.has_value() ? nullptr : &mark.error(),
                             segments.has_value() ? nullptr : &segments.error()}) {
    if (error == nullptr) continue;
    if (error->code == ErrorCode::storage_failed) return std::unexpected(*error);
    report.damage = *error;
    return report;
  }
  report.segments = segments->size();
  if (segments->empty() && mark->has_value()) {
    report.damage = Error{ErrorCode::log_is_damaged, log_directory + ": no segment is there"};
  }

  for (std::size_t i = 0; i < segments->size() && !report.damage; ++i) {
    const Segment& segment = (*segments)[i];
    const std::string path = log_directory + '/' + segment.file_name();
    STEELYARD_TRY(file, open_file(files, path, OpenMode::read));
    FrameReader reader(*file, store, segment_header_bytes, segment.begin);
    const FrameFault fault = walk(reader, segment, report, sound_frame);
    if (fault == FrameFault::unreadable) {
      return std::unexpected(error_of(reader.error(), "read", path));
    }
    if (report.damage) break;
    if (i + 1 == segments->size()) {
      STEELYARD_PASS(check_last(*file, segment, *mark, report));
    } else if (reader.at() != (*segments)[i + 1].begin) {
      const bool is_complete = reader.at().sequence == (*segments)[i + 1].begin.sequence;
      report.damage =
          damage_of(segment, reader, text_of(is_complete ? FrameFault::previous_hash : fault));
    }
  }
  return report;
}

}  // namespace steelyard::log
