// "Measure bone / muscle" on the study and series pages of Orthanc Explorer.
(function() {
  'use strict';

  function sentence(answer) {
    try {
      var error = JSON.parse(answer.responseText);
      return error.Details || error.Message;
    } catch (e) {
      return 'Orthanc does not answer.';
    }
  }

  function addButton(level, collection) {
    var line = $('<p>').css('white-space', 'normal');
    // Orthanc Explorer shows all studies on one page element: what belongs to an earlier one must not write here.
    var shown = null;
    var busy = false;
    var report = null;

    function say(text) {
      line.text(text);
    }

    function start(base) {
      function finish(text) {
        if (shown === base) {
          busy = false;
          say(text);
        }
      }

      function failed(answer) {
        finish(sentence(answer));
      }

      function follow(job) {
        $.ajax({
          url: '../jobs/' + job, dataType: 'json', cache: false, error: failed,
          success: function(state) {
            if (shown !== base) {
              return;
            }
            if (state.State === 'Success') {
              // New series appear.
              $('#' + level).trigger('pagebeforeshow');
              report = base + '/report.pdf';
              finish('Measured, for research use only. Click to open the report.');
            } else if (state.State === 'Failure') {
              finish(state.Content.ErrorDetails || state.ErrorDescription);
            } else {
              say(state.Content.Stage + ' ' + state.Progress + ' %');
              setTimeout(function() { follow(job); }, 500);
            }
          }
        });
      }

      busy = true;
      say('starting');
      $.ajax({
        url: base, type: 'POST', data: '{}', dataType: 'json', error: failed,
        success: function(answer) { follow(answer.ID); }
      });
    }

    $('#' + level).live('pagebeforecreate', function() {
      var button = $('<a>').attr('href', '#').text('Measure bone / muscle').append(line);
      $('<li>').attr('data-icon', 'star').append(button).insertBefore($('#' + level + '-delete').parent());
      button.click(function(event) {
        event.preventDefault();
        if (report) {
          window.open(report);
        } else if (shown && !busy) {
          start(shown);
        }
      });
    });

    $('#' + level).live('pagebeforeshow', function() {
      var page = $.mobile.pageData ? '../' + collection + '/' + $.mobile.pageData.uuid + '/bone-muscle' : null;
      if (page !== shown) {
        shown = page;
        busy = false;
        report = null;
        say('');
      }
    });
  }

  addButton('study', 'studies');
  addButton('series', 'series');
})();
