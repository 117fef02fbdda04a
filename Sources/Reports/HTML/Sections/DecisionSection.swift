import Model
import Quantities

/// How a value becomes a verdict, and what the words of the report mean.
struct DecisionSection {
  let reading: RecordReading

  var markup: Markup {
    let header = reading.record.header
    return fragment {
      section("How it was decided", id: "decision") {
        element("div", class: "columns") {
          element("div") {
            rule("Critical steps", header.criticalRule)
            rule("Other steps", header.otherRule)
            element("p") {
              "The acceptance limits lie inside the tolerance limits by the guard band w. A value inside them passes. "
                + "A value within w of a tolerance limit, on either side, is inconclusive. A value further "
                + "outside fails."
            }
          }
          picture
        }
      }
      section("Words", id: "words") { words }
    }
  }

  private func rule(_ title: String, _ rule: DecisionRule) -> Markup {
    element("p") {
      element("b") { "\(title): " }
      rule.name
      rule.name.contains("w =") ? ", " : ", w = \(DecimalText.shortest(rule.guardFactor, significant: 4)) U, "
      "U = expanded uncertainty, k = 2 (about 95 %)."
    }
  }

  private var picture: Markup {
    Draw.canvas(width: 440, height: 96, class: "rule", label: "tolerance, guard band, acceptance") {
      Draw.box(0, 44, 440, 6, "track")
      Draw.box(90, 36, 260, 22, "zone")
      Draw.box(90, 36, 36, 22, "guard")
      Draw.box(314, 36, 36, 22, "guard")
      Draw.line(90, 28, 90, 66, "bound")
      Draw.line(350, 28, 350, 66, "bound")
      Draw.text(220, 51, "axis", anchor: "middle", "accepted: pass")
      Draw.text(90, 80, "tick", anchor: "middle", "lower limit")
      Draw.text(350, 80, "tick", anchor: "middle", "upper limit")
      Draw.text(108, 26, "tick", anchor: "middle", "w")
      Draw.text(332, 26, "tick", anchor: "middle", "w")
      Draw.text(220, 92, "tick", anchor: "middle", "tolerance")
      Draw.text(8, 26, "tick", "fail")
      Draw.text(432, 26, "tick", anchor: "end", "fail")
    }
  }

  private var words: Markup {
    let meanings: [(String, String, String)] = [
      ("pass", "pass", "inside the acceptance limits"),
      ("fail", "fail", "outside the limits: the unit does not conform"),
      ("inconclusive", "inconclusive", "so close to a limit that the uncertainty decides"),
      ("notMeasured", "not measured", "overload, missing, stale or no number; can never pass"),
      ("notApplicable", "not applicable", "the unit or the order has no such thing"),
      ("information", "information", "recorded without a limit"),
      ("error", "error", "a fault of the rig, never of the unit"),
      ("aborted", "aborted", "stopped by a person or an interlock"),
    ]
    return element("ul", class: "words") {
      for (sign, word, meaning) in meanings {
        element("li") {
          Marks.sign(sign, title: word)
          element("b") { word }
          " \(meaning)"
        }
      }
    }
  }
}
