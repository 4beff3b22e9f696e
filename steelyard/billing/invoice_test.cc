#include "steelyard/billing/invoice.h"

#include <gtest/gtest.h>

namespace steelyard::billing {
namespace {

using money::Currency;
using money::Decimal;

Decimal of(const char* text) { return Decimal::parse(text).value(); }

void expect(const char* lines, const char* percent, const char* currency, const char* rounding,
            const char* net, const char* tax, const char* total) {
  const InvoiceTotals totals =
      totals_of(InvoiceKind::invoice, of(lines), of(percent), Currency(currency));
  EXPECT_EQ(totals.lines.to_text(), lines);
  EXPECT_EQ(totals.rounding.to_text(), rounding) << lines;
  EXPECT_EQ(totals.net.to_text(), net) << lines;
  EXPECT_EQ(totals.tax.to_text(), tax) << lines;
  EXPECT_EQ(totals.total.to_text(), total) << lines;
}

// By hand. The total is truncated, not each line: token-billing.md, D20.
TEST(Invoice, H8_the_sum_is_exact_and_its_rounding_stands_apart) {
  expect("0.0199", "0", "CNY", "-0.0099", "0.01", "0", "0.01");
  expect("12.345678", "6", "CNY", "-0.005678", "12.34", "0.74", "13.08");  // 0.7404
  expect("0.75", "6", "CNY", "0", "0.75", "0.05", "0.8");                  // 0.045: half up
  expect("1999.999999999999", "13", "CNY", "-0.009999999999", "1999.99", "260", "2259.99");
  expect("0", "6", "CNY", "0", "0", "0", "0");
}

TEST(Invoice, what_is_below_zero_is_rounded_toward_zero_too) {
  expect("-0.0199", "6", "CNY", "0.0099", "-0.01", "0", "-0.01");
  expect("-12.345678", "6", "CNY", "0.005678", "-12.34", "-0.74", "-13.08");
}

TEST(Invoice, a_credit_note_is_rounded_half_up) {
  const auto net = [](const char* lines) {
    return totals_of(InvoiceKind::credit_note, of(lines), {}, Currency("CNY")).net.to_text();
  };
  EXPECT_EQ(net("0.0095"), "0.01");
  EXPECT_EQ(net("0.005"), "0.01");
  EXPECT_EQ(net("0.004999999999"), "0");
  EXPECT_EQ(net("1.234"), "1.23");
}

TEST(Invoice, a_currency_has_its_own_minor_unit) {
  expect("1234.56", "10", "JPY", "-0.56", "1234", "123", "1357");
  expect("1.23456", "10", "KWD", "-0.00056", "1.234", "0.123", "1.357");
  expect("1.23456", "10", "USD", "-0.00456", "1.23", "0.12", "1.35");
  expect("1.23456", "0", "CRD", "-0.00456", "1.23", "0", "1.23");
}

TEST(Invoice, a_number_has_at_least_six_digits) {
  EXPECT_EQ(invoice_number("INV-", 1), "INV-000001");
  EXPECT_EQ(invoice_number("2026/", 1'234'567), "2026/1234567");
  EXPECT_EQ(invoice_number("", 42), "000042");
}

}  // namespace
}  // namespace steelyard::billing
