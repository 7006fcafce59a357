//! The reports of several viewers as one: each number as its minimum, median and maximum.

use serde_json::{Map, Value, json};

/// Merges values of one shape. Numbers become `{"min", "median", "max"}`; objects are merged field by field, lists place
/// by place while all have it; what is null or a text for all stays, and a text that differs becomes the list of texts.
pub(super) fn spread(values: &[Value]) -> Value {
    let numbers: Vec<f64> = values.iter().filter_map(Value::as_f64).collect();
    if !numbers.is_empty() {
        return of_numbers(numbers);
    }
    if let Some(Value::Object(first)) = values.iter().find(|v| v.is_object()) {
        let field = |key: &String| (key.clone(), spread(&values.iter().filter_map(|v| v.get(key).cloned()).collect::<Vec<_>>()));
        return Value::Object(first.keys().map(field).collect::<Map<_, _>>());
    }
    if values.iter().any(Value::is_array) {
        let lists: Vec<_> = values.iter().filter_map(Value::as_array).collect();
        let shortest = lists.iter().map(|l| l.len()).min().unwrap_or(0);
        let place = |i: usize| spread(&lists.iter().map(|l| l[i].clone()).collect::<Vec<_>>());
        return Value::Array((0..shortest).map(place).collect());
    }
    let mut different: Vec<Value> = Vec::new();
    for value in values.iter().filter(|v| !v.is_null()) {
        if !different.contains(value) {
            different.push(value.clone());
        }
    }
    if different.len() > 1 { Value::Array(different) } else { different.pop().unwrap_or(Value::Null) }
}

fn of_numbers(mut numbers: Vec<f64>) -> Value {
    numbers.sort_by(f64::total_cmp);
    let n = numbers.len();
    let median = if n % 2 == 1 { numbers[n / 2] } else { f64::midpoint(numbers[n / 2 - 1], numbers[n / 2]) };
    let number = |v: f64| if v.fract() == 0.0 && v.abs() < 9e15 { json!(v as i64) } else { json!(v) };
    json!({"min": number(numbers[0]), "median": number(median), "max": number(numbers[n - 1])})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merges_by_shape() {
        let a = json!({"n": 1, "o": {"x": 1.5}, "l": [{"name": "a"}, {"name": "b"}], "t": "tcp", "r": null});
        let b = json!({"n": 4, "o": {"x": 2.5}, "l": [{"name": "a"}], "t": "tcp", "r": "slow"});
        let want = json!({
            "n": {"min": 1, "median": 2.5, "max": 4}, "o": {"x": {"min": 1.5, "median": 2, "max": 2.5}},
            "l": [{"name": "a"}], "t": "tcp", "r": "slow"
        });
        assert_eq!(spread(&[a, b]), want);
    }
}
