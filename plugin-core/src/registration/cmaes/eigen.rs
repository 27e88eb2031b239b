//! Eigenvectors of a small symmetric matrix.

/// A square matrix, `[row][column]`.
pub(super) type Matrix<const N: usize> = [[f64; N]; N];

/// Sweeps after which a symmetric matrix is diagonal to the last digit; six are usual, and Jacobi's convergence is quadratic.
const MOST_SWEEPS: usize = 60;

/// Eigenvalues, and the eigenvectors as the columns of a matrix, by cyclic Jacobi rotations (Golub and Van Loan, Matrix
/// Computations, 4th edition, algorithm 8.5.3). Only the upper triangle of `matrix` is read.
pub(super) fn eigen<const N: usize>(mut matrix: Matrix<N>) -> ([f64; N], Matrix<N>) {
    let mut vectors: Matrix<N> = std::array::from_fn(|row| std::array::from_fn(|column| f64::from(u8::from(row == column))));
    for _ in 0..MOST_SWEEPS {
        let pairs = (0..N).flat_map(|p| (p + 1..N).map(move |q| (p, q)));
        let (off, size) = pairs.clone().fold((0.0, 0.0), |(off, size), (p, q)| {
            (off + matrix[p][q].powi(2), size + matrix[p][p].powi(2) + matrix[q][q].powi(2))
        });
        if off <= size * 1e-30 {
            break;
        }
        for (p, q) in pairs {
            rotate(&mut matrix, &mut vectors, p, q);
        }
    }
    (std::array::from_fn(|i| matrix[i][i]), vectors)
}

/// Turns the plane of axes `p < q` so that their entry becomes zero.
fn rotate<const N: usize>(matrix: &mut Matrix<N>, vectors: &mut Matrix<N>, p: usize, q: usize) {
    let entry = matrix[p][q];
    if entry == 0.0 {
        return;
    }
    let tau = (matrix[q][q] - matrix[p][p]) / (2.0 * entry);
    let tangent = tau.signum() / (tau.abs() + tau.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = tangent * cosine;
    matrix[p][p] -= tangent * entry;
    matrix[q][q] += tangent * entry;
    matrix[p][q] = 0.0;
    for k in (0..N).filter(|k| *k != p && *k != q) {
        let (kp, kq) = (upper(k, p), upper(k, q));
        let (at_p, at_q) = (matrix[kp.0][kp.1], matrix[kq.0][kq.1]);
        matrix[kp.0][kp.1] = cosine * at_p - sine * at_q;
        matrix[kq.0][kq.1] = sine * at_p + cosine * at_q;
    }
    for row in vectors {
        (row[p], row[q]) = (cosine * row[p] - sine * row[q], sine * row[p] + cosine * row[q]);
    }
}

fn upper(a: usize, b: usize) -> (usize, usize) {
    (a.min(b), a.max(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_of_two_has_the_values_of_the_quadratic_formula() {
        let (mut values, _) = eigen([[2.0, 1.0], [1.0, 2.0]]);
        values.sort_by(f64::total_cmp);
        assert!((values[0] - 1.0).abs() < 1e-14 && (values[1] - 3.0).abs() < 1e-14, "{values:?}");
    }

    #[test]
    fn the_second_difference_has_the_values_of_its_formula() {
        // Tridiagonal -1, 2, -1 of order n: 2 - 2 cos(k pi / (n + 1)).
        let matrix: Matrix<6> = std::array::from_fn(|row| {
            std::array::from_fn(|column| match row.abs_diff(column) {
                0 => 2.0,
                1 => -1.0,
                _ => 0.0,
            })
        });
        let (values, vectors) = eigen(matrix);
        let mut sorted = values;
        sorted.sort_by(f64::total_cmp);
        for (k, value) in sorted.into_iter().enumerate() {
            let expected = 2.0 - 2.0 * ((k + 1) as f64 * std::f64::consts::PI / 7.0).cos();
            assert!((value - expected).abs() < 1e-12, "{value} {expected}");
        }
        for (i, value) in values.into_iter().enumerate() {
            for (row, of_row) in matrix.iter().enumerate() {
                let product: f64 = (0..6).map(|k| of_row[k] * vectors[k][i]).sum();
                assert!((product - value * vectors[row][i]).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn a_diagonal_matrix_is_its_own_answer() {
        let (values, vectors) = eigen([[3.0, 0.0], [0.0, -1.0]]);
        assert_eq!((values, vectors), ([3.0, -1.0], [[1.0, 0.0], [0.0, 1.0]]));
    }
}
